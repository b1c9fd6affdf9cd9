"""Payments, refunds, and what providers told us."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Account
from portal.appointments.models import Appointment, one_of
from portal.centres.models import Centre
from portal.core.codes import Code
from portal.core.db import Base
from portal.core.money import Money
from portal.payments.gateways import Provider, RefundState, Told
from portal.people.models import Patient


class Purpose(StrEnum):
    APPOINTMENT = "APPOINTMENT"
    SUBSCRIPTION = "SUBSCRIPTION"
    CREDITS = "CREDITS"


class Method(StrEnum):
    """ONLINE is any way that a provider offers; CASH and TERMINAL are taken at a centre."""

    ONLINE = "ONLINE"
    CASH = "CASH"
    TERMINAL = "TERMINAL"
    CREDITS = "CREDITS"


class PaymentStatus(Code):
    PENDING = "PENDING"
    PAID = "PAID"
    FAILED = "FAILED"
    REFUND_PENDING = "REFUND_PENDING"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


CURRENCY = "currency ~ '^[A-Z]{3}$'"
# What banks promise of a refund; no provider says more.
ARRIVES_WITHIN = timedelta(days=7)


class Payment(Base):
    """Money that somebody is to pay or has paid. `key` is what makes a provider charge once.

    `instrument` is how it was paid in the provider's words ("card", "upi"); `url` the page where it can be paid,
    `is_link` one that was sent to somebody; `failure` why the last attempt came to nothing. `credits` counts what is
    bought or, by method CREDITS, spent; `months` how long a subscription is paid for. `due_at` is when the provider is
    to be asked next or, while somebody asks, when that lease ends.
    """

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("provider", "provider_payment_id"),
        CheckConstraint(one_of("purpose", Purpose), name="purpose_known"),
        CheckConstraint(
            "(purpose = 'APPOINTMENT') = (appointment_id IS NOT NULL)", name="purpose_has_subject"
        ),
        CheckConstraint("patient_id IS NOT NULL OR purpose = 'CREDITS'", name="has_patient"),
        CheckConstraint(one_of("method", Method), name="method_known"),
        CheckConstraint(one_of("provider", Provider), name="provider_known"),
        CheckConstraint("(method = 'ONLINE') = (provider IS NOT NULL)", name="online_has_provider"),
        CheckConstraint(
            "method NOT IN ('CASH', 'TERMINAL') OR centre_id IS NOT NULL", name="taken_at_centre"
        ),
        CheckConstraint(
            "(purpose = 'CREDITS' OR method = 'CREDITS') = (credits IS NOT NULL)", name="credits_counted"
        ),
        CheckConstraint(
            "credits IS NULL OR (credits > 0 AND account_id IS NOT NULL)", name="credits_have_owner"
        ),
        CheckConstraint("purpose <> 'CREDITS' OR method <> 'CREDITS'", name="credits_cost_money"),
        CheckConstraint(
            "(purpose = 'SUBSCRIPTION') = (subscription_id IS NOT NULL)", name="subscription_has_subject"
        ),
        CheckConstraint("(purpose = 'SUBSCRIPTION') = (months IS NOT NULL)", name="months_counted"),
        CheckConstraint("months > 0", name="months_positive"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(CURRENCY, name="currency_iso"),
        CheckConstraint(one_of("status", PaymentStatus), name="status_known"),
        CheckConstraint("(status IN ('PENDING', 'FAILED')) = (paid_at IS NULL)", name="paid_has_time"),
        # Two open pages for one visit would be two ways to pay it twice.
        Index(
            "uq_payment_open",
            "appointment_id",
            "is_link",
            unique=True,
            postgresql_where=text("status = 'PENDING'"),
        ),
        Index(
            "uq_payment_open_subscription",
            "subscription_id",
            unique=True,
            postgresql_where=text("status = 'PENDING'"),
        ),
        Index("ix_payment_appointment_id", "appointment_id"),
        Index("ix_payment_subscription_id", "subscription_id"),
        Index("ix_payment_patient_id", "patient_id", "created_at"),
        Index("ix_payment_account_id", "account_id", "created_at"),
        Index("ix_payment_pending", "created_at", postgresql_where=text("status = 'PENDING'")),
        Index("ix_payment_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    key: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4, server_default=func.gen_random_uuid())
    purpose: Mapped[str]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    method: Mapped[str]
    provider: Mapped[str | None]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    credits: Mapped[int | None]
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("subscription.id"))
    months: Mapped[int | None] = mapped_column(SmallInteger)
    status: Mapped[str] = mapped_column(default=PaymentStatus.PENDING, server_default="PENDING")
    provider_payment_id: Mapped[str | None]
    transaction_id: Mapped[str] = mapped_column(default="", server_default="")
    instrument: Mapped[str] = mapped_column(default="", server_default="")
    url: Mapped[str] = mapped_column(default="", server_default="")
    is_link: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    failure: Mapped[str] = mapped_column(default="", server_default="")
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    appointment: Mapped[Appointment | None] = relationship()
    patient: Mapped[Patient | None] = relationship()
    account: Mapped[Account | None] = relationship(foreign_keys=account_id)
    centre: Mapped[Centre | None] = relationship()
    taken_by: Mapped[Account | None] = relationship(foreign_keys=taken_by_id)
    refunds: Mapped[list["Refund"]] = relationship(order_by="Refund.id", back_populates="payment")

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def payer_name(self) -> str:
        """Whose money it is; nobody's name where the record was removed."""
        payer = self.patient or self.account
        return payer.full_name if payer else ""


class Refund(Base):
    """Money that goes back. The database refuses whatever would make refunds exceed what was paid.

    One that failed stays as it is, and another takes its place. `due_at` is as for a webhook.
    """

    __tablename__ = "refund"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("provider_refund_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(one_of("status", RefundState), name="status_known"),
        CheckConstraint("(status = 'PENDING') = (settled_at IS NULL)", name="settled_has_time"),
        Index("ix_refund_payment_id", "payment_id"),
        Index("ix_refund_due_at", "due_at", postgresql_where=text("status = 'PENDING'")),
    )

    key: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4, server_default=func.gen_random_uuid())
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    amount_minor: Mapped[int]
    reason: Mapped[str] = mapped_column(default="", server_default="")
    by_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by_name: Mapped[str] = mapped_column(default="", server_default="")
    status: Mapped[str] = mapped_column(default=RefundState.PENDING, server_default="PENDING")
    provider_refund_id: Mapped[str | None]
    failure: Mapped[str] = mapped_column(default="", server_default="")
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    payment: Mapped[Payment] = relationship(back_populates="refunds")

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.payment.currency)

    @property
    def expected_at(self) -> datetime:
        """By when it should have arrived."""
        return self.created_at + ARRIVES_WITHIN


class WebhookEvent(Base):
    """What a provider told us, once however often it is told. Of the body only its hash is kept.

    `due_at` is when it is to be handled or, while somebody handles it, when that lease ends.
    """

    __tablename__ = "webhook_event"
    __table_args__ = (
        UniqueConstraint("provider", "event_id"),
        CheckConstraint(one_of("provider", Provider), name="provider_known"),
        CheckConstraint(one_of("about", Told), name="about_known"),
        Index("ix_webhook_event_due", "due_at", postgresql_where=text("handled_at IS NULL")),
    )

    provider: Mapped[str]
    event_id: Mapped[str]
    name: Mapped[str]
    about: Mapped[str]
    provider_id: Mapped[str] = mapped_column(default="", server_default="")
    body_hash: Mapped[str]
    told_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    handled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    error: Mapped[str] = mapped_column(default="", server_default="")
