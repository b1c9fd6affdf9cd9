"""Quotations: what a clinician offers to somebody, and at which price."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.appointments.models import Appointment, Status
from portal.core.db import Base
from portal.core.money import Money
from portal.payments.models import CURRENCY
from portal.people.models import Clinician
from portal.scheduling.models import Service


class QuotationStatus(StrEnum):
    """EXPIRED is never stored: it is what SENT becomes when its time is over, or a newer version has gone out."""

    DRAFT = "DRAFT"
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"


class Quotation(Base):
    """One version of an offer. Its number, and which version it is, are given when it is sent.

    Whom it is for is written down as it was, `patient_id` beside it where it is somebody known. `total_minor` is what
    is to be paid; `tax_lines`, objects of name, basis_points and minor, are contained in it. `expires_at` is the end of
    the day `valid_until_on` where the clinician is. `revises_id` is the version that this one replaces once it is
    sent; that one's `superseded_at` is set then. Of the secret in the link only a hash is kept. `appointment_id` is
    the visit that was booked, or is being booked, at this price.
    """

    __tablename__ = "quotation"
    __table_args__ = (
        UniqueConstraint("year", "number", "version"),
        UniqueConstraint("token_hash"),
        UniqueConstraint("appointment_id"),
        CheckConstraint(
            "status IN ('DRAFT', 'SENT', 'ACCEPTED', 'DECLINED')",
            name="status_known",
        ),
        CheckConstraint(
            "num_nulls(year, number, version, token_hash, sent_at) = CASE status WHEN 'DRAFT' THEN 5 ELSE 0 END",
            name="numbered_when_sent",
        ),
        CheckConstraint(
            "(status IN ('ACCEPTED', 'DECLINED')) = (decided_at IS NOT NULL)", name="decided_has_time"
        ),
        CheckConstraint("status = 'DRAFT' OR client_email IS NOT NULL", name="sent_has_address"),
        CheckConstraint("appointment_id IS NULL OR status = 'ACCEPTED'", name="booked_was_accepted"),
        CheckConstraint("discount_minor BETWEEN 0 AND subtotal_minor", name="discount_within_subtotal"),
        CheckConstraint("total_minor = subtotal_minor - discount_minor", name="total_adds_up"),
        CheckConstraint(CURRENCY, name="currency_iso"),
        # Two drafts that replace the same version would be two answers to one question.
        Index(
            "uq_quotation_revises_id", "revises_id", unique=True, postgresql_where=text("deleted_at IS NULL")
        ),
        Index("ix_quotation_clinician_id", "clinician_id", "id"),
        Index("ix_quotation_patient_id", "patient_id", "id"),
    )

    revises_id: Mapped[int | None] = mapped_column(ForeignKey("quotation.id"))
    year: Mapped[int | None] = mapped_column(SmallInteger)
    number: Mapped[int | None]
    version: Mapped[int | None] = mapped_column(SmallInteger)
    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    client_name: Mapped[str]
    client_email: Mapped[str | None]
    subtotal_minor: Mapped[int]
    discount_minor: Mapped[int]
    total_minor: Mapped[int]
    tax_lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    currency: Mapped[str]
    valid_until_on: Mapped[date]
    expires_at: Mapped[datetime]
    notes: Mapped[str] = mapped_column(default="", server_default="")
    status: Mapped[str] = mapped_column(default=QuotationStatus.DRAFT, server_default="DRAFT")
    token_hash: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    clinician: Mapped[Clinician] = relationship()
    service: Mapped[Service] = relationship()
    appointment: Mapped[Appointment | None] = relationship()
    items: Mapped[list["QuotationItem"]] = relationship(
        order_by="QuotationItem.id", cascade="all, delete-orphan"
    )

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def tax_minor(self) -> int:
        """All taxes that the total contains."""
        return sum(line["minor"] for line in self.tax_lines)

    @property
    def visit(self) -> Appointment | None:
        """What is booked at its price, or being booked; one that was cancelled gives the quotation back."""
        is_used = self.appointment is not None and self.appointment.status != Status.CANCELLED
        return self.appointment if is_used else None

    @property
    def reference(self) -> str:
        """Q-2026-000007, with the version behind it from the second on; nothing before it is sent."""
        if self.number is None or self.version is None:
            return ""
        return f"Q-{self.year}-{self.number:06}" + (f"/{self.version}" if self.version > 1 else "")

    def status_at(self, at: datetime) -> QuotationStatus:
        """What it is at that instant."""
        is_over = self.superseded_at is not None or self.expires_at <= at
        if self.status == QuotationStatus.SENT and is_over:
            return QuotationStatus.EXPIRED
        return QuotationStatus(self.status)


class QuotationItem(Base):
    """One line of a quotation: so many of something, at a price each."""

    __tablename__ = "quotation_item"
    __table_args__ = (
        CheckConstraint("description <> ''", name="described"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_minor >= 0", name="unit_not_negative"),
        Index("ix_quotation_item_quotation_id", "quotation_id"),
    )

    quotation_id: Mapped[int] = mapped_column(ForeignKey("quotation.id"))
    description: Mapped[str]
    quantity: Mapped[int]
    unit_minor: Mapped[int]

    @property
    def minor(self) -> int:
        return self.quantity * self.unit_minor
