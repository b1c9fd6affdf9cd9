"""Who looked at or changed what. Rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.db import Base
from portal.people.models import Patient


class AuditEntry(Base):
    """One act: `action` is a verb phrase such as "patient.view"; `patient_id` says whose record it touched."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_patient_id", "patient_id", "happened_at"),
        Index("ix_audit_entry_subject", "subject_type", "subject_id"),
        Index("ix_audit_entry_happened_at", "happened_at", "id"),
        Index("ix_audit_entry_account_id", "account_id", "happened_at"),
        Index("ix_audit_entry_action", "action", "happened_at"),
    )

    happened_at: Mapped[datetime]
    action: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by_name: Mapped[str]
    role: Mapped[str | None]
    subject_type: Mapped[str]
    subject_id: Mapped[int]
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")

    patient: Mapped[Patient | None] = relationship(lazy="raise", viewonly=True)
