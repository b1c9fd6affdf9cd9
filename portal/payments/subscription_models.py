"""Subscriptions of patients, and the visits that they cover."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.appointments.models import one_of
from portal.core.db import Base
from portal.core.money import Money
from portal.payments.gateways import Provider
from portal.payments.models import CURRENCY
from portal.people.models import Patient


class SubscriptionStatus(StrEnum):
    """PENDING until the first period is paid. PAST_DUE covers nothing until the provider got its money.

    EXPIRED ran out by itself, CANCELED was ended.
    """

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    EXPIRED = "EXPIRED"
    CANCELED = "CANCELED"


LIVE = (SubscriptionStatus.PENDING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)


class Subscription(Base):
    """What a patient pays for by the period: `visits` of each, on the terms on which it was begun.

    [starts_at, ends_at) is the period that is paid for, `is_ending` says that none follows. `due_at` is when the
    provider is to be asked next or, while somebody asks, when that lease ends.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("provider", "provider_subscription_id"),
        CheckConstraint(one_of("status", SubscriptionStatus), name="status_known"),
        CheckConstraint(one_of("provider", Provider), name="provider_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(CURRENCY, name="currency_iso"),
        CheckConstraint("months > 0", name="months_positive"),
        CheckConstraint("visits > 0", name="visits_positive"),
        CheckConstraint("status = 'PENDING' OR ends_at > starts_at", name="begun_has_period"),
        Index(
            "uq_subscription_live",
            "patient_id",
            unique=True,
            postgresql_where=text("status IN ('PENDING', 'ACTIVE', 'PAST_DUE')"),
        ),
        Index("ix_subscription_patient_id", "patient_id"),
        Index("ix_subscription_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    status: Mapped[str] = mapped_column(default=SubscriptionStatus.PENDING, server_default="PENDING")
    provider: Mapped[str]
    provider_subscription_id: Mapped[str | None]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    months: Mapped[int] = mapped_column(SmallInteger)
    visits: Mapped[int] = mapped_column(SmallInteger)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    is_ending: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    patient: Mapped[Patient] = relationship()

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)

    def covers_at(self, instant: datetime) -> bool:
        """Is what takes place then within the period that is paid for?"""
        if self.status != SubscriptionStatus.ACTIVE or self.starts_at is None or self.ends_at is None:
            return False
        return self.starts_at <= instant < self.ends_at


class CoveredVisit(Base):
    """A visit that a subscription pays for. It counts in the period in which it takes place, until `returned_at`."""

    __tablename__ = "covered_visit"
    __table_args__ = (
        UniqueConstraint("appointment_id"),
        Index("ix_covered_visit_subscription_id", "subscription_id"),
    )

    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    covered_at: Mapped[datetime]
    returned_at: Mapped[datetime | None]
