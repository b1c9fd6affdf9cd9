"""Patients and clinicians: who they are, apart from how they sign in.

Both are resources that can be in one place at a time.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, column, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Account
from portal.centres.models import Centre
from portal.core import clock
from portal.core.db import Base


class Resource(Base):
    """Anything that can be in one place at a time. Its row is locked before its time is given away.

    MERGED was a patient whose record went into another: its time can no longer be given away.
    """

    __tablename__ = "resource"
    __table_args__ = (CheckConstraint("kind IN ('CLINICIAN', 'PATIENT', 'MERGED')", name="kind_known"),)

    kind: Mapped[str]


class Patient(Base):
    """A person who is seen. May exist without an account: the front desk books for people who never sign in."""

    __tablename__ = "patient"
    __table_args__ = (
        UniqueConstraint("account_id"),
        UniqueConstraint("resource_id"),
        CheckConstraint(r"phone ~ '^\+[1-9][0-9]{6,14}$'", name="phone_e164"),
        CheckConstraint("gender IN ('FEMALE', 'MALE', 'OTHER', 'UNDISCLOSED')", name="gender_known"),
        CheckConstraint(
            "blood_group IN ('A+', 'A-', 'B+', 'B-', 'AB+', 'AB-', 'O+', 'O-')", name="blood_group_known"
        ),
        CheckConstraint("phone IS NOT NULL OR email IS NOT NULL OR is_dependant", name="reachable"),
        Index("uq_patient_phone", "phone", unique=True, postgresql_where=text("deleted_at IS NULL")),
        CheckConstraint("merged_into_id IS NULL OR deleted_at IS NOT NULL", name="merged_is_gone"),
        CheckConstraint("(merged_into_id IS NULL) = (merged_at IS NULL)", name="merged_has_time"),
        # Its beginning is searched for as well, which an index in the order of a language cannot do.
        Index("ix_patient_email_beginning", "email", postgresql_ops={"email": "text_pattern_ops"}),
        Index("ix_patient_date_of_birth", "date_of_birth"),
        Index(
            "ix_patient_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")
        ),
        # Names and phones are searched by any part of them.
        Index(
            "ix_patient_folded_name_trgm",
            func.folded(column("full_name")).label("folded"),
            postgresql_using="gin",
            postgresql_ops={"folded": "gin_trgm_ops"},
        ),
        Index(
            "ix_patient_phone_trgm", "phone", postgresql_using="gin", postgresql_ops={"phone": "gin_trgm_ops"}
        ),
    )

    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    full_name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    date_of_birth: Mapped[date | None]
    gender: Mapped[str | None]
    blood_group: Mapped[str | None]
    emergency_contact_name: Mapped[str] = mapped_column(default="", server_default="")
    emergency_contact_phone: Mapped[str | None]
    medical_history: Mapped[str] = mapped_column(default="", server_default="")
    lead_source: Mapped[str] = mapped_column(default="", server_default="")
    # Registered for somebody who looks after them (see care_models): then they need no way of their own.
    is_dependant: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # How they want to be told; None while they have not chosen.
    channels: Mapped[list[str] | None]
    wants_reminders: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    language: Mapped[str | None]
    time_zone: Mapped[str | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    # The record of the same person that took over all there was.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    merged_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    resource: Mapped[Resource] = relationship()


class Plan(StrEnum):
    """What a clinician has with the practice; no limits hang on it."""

    FREE = "FREE"
    PRO = "PRO"


class Clinician(Base):
    """A person who sees patients. Listed and bookable only when approved, active, accepting and with a service."""

    __tablename__ = "clinician"
    __table_args__ = (
        UniqueConstraint("account_id"),
        UniqueConstraint("resource_id"),
        UniqueConstraint("slug"),
        CheckConstraint("consultation_fee_minor >= 0", name="fee_not_negative"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
        CheckConstraint("fee_basis IN ('PER_SESSION', 'HOURLY')", name="fee_basis_known"),
        CheckConstraint("credit_fee BETWEEN 1 AND 100", name="credit_fee_sensible"),
        CheckConstraint("years_of_experience BETWEEN 0 AND 80", name="years_sensible"),
        CheckConstraint("default_duration_minutes BETWEEN 5 AND 480", name="duration_sensible"),
        CheckConstraint("plan IN ('FREE', 'PRO')", name="plan_known"),
        Index("ix_clinician_primary_centre_id", "primary_centre_id"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    slug: Mapped[str]
    headline: Mapped[str] = mapped_column(default="", server_default="")
    bio: Mapped[str] = mapped_column(default="", server_default="")
    profile_picture_url: Mapped[str] = mapped_column(default="", server_default="")
    specialization: Mapped[list[str]] = mapped_column(server_default="{}")
    qualification: Mapped[list[str]] = mapped_column(server_default="{}")
    certifications: Mapped[list[str]] = mapped_column(server_default="{}")
    achievements: Mapped[list[str]] = mapped_column(server_default="{}")
    languages: Mapped[list[str]] = mapped_column(server_default="{}")
    affiliation: Mapped[str] = mapped_column(default="", server_default="")
    years_of_experience: Mapped[int | None] = mapped_column(SmallInteger)
    consultation_fee_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    currency: Mapped[str]
    fee_basis: Mapped[str] = mapped_column(default="PER_SESSION", server_default="PER_SESSION")
    # What a visit costs somebody who pays with credits.
    credit_fee: Mapped[int] = mapped_column(SmallInteger, default=1, server_default="1")
    default_duration_minutes: Mapped[int] = mapped_column(SmallInteger, default=60, server_default="60")
    requires_acceptance: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    is_accepting: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    primary_centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    time_zone: Mapped[str]
    plan: Mapped[str] = mapped_column(default=Plan.FREE, server_default="FREE")
    plan_expires_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    account: Mapped[Account] = relationship(foreign_keys=[account_id], lazy="joined", innerjoin=True)
    centres: Mapped[list[Centre]] = relationship(secondary="clinician_centre", order_by=Centre.name)

    @property
    def full_name(self) -> str:
        """With the title, as people are addressed: "Dr Jane Smith"."""
        return f"{self.account.title} {self.account.full_name}".strip()

    @property
    def zone(self) -> ZoneInfo:
        """The zone of a clinician who works online and at no centre."""
        return clock.zone(self.time_zone)

    @property
    def plan_ends_on(self) -> date | None:
        """The last day of the plan, where the clinician works; None for one without an end."""
        if self.plan_expires_at is None:
            return None
        return clock.local_day(self.plan_expires_at - timedelta(microseconds=1), self.zone)


class ClinicianCentre(Base):
    """At which centres a clinician works. All of them use the clinician's currency."""

    __tablename__ = "clinician_centre"
    __table_args__ = (
        UniqueConstraint("clinician_id", "centre_id"),
        Index("ix_clinician_centre_centre_id", "centre_id"),
    )

    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))


class ClinicianApproval(Base):
    """One decision about a clinician who signed up by themself; never changed, the last one counts."""

    __tablename__ = "clinician_approval"
    __table_args__ = (Index("ix_clinician_approval_clinician_id", "clinician_id"),)

    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    is_approved: Mapped[bool]
    reason: Mapped[str] = mapped_column(default="", server_default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime]
    decided_by: Mapped[Account | None] = relationship()
