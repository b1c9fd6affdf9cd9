"""Writing the audit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core.permissions import Actor


def record(
    session: Session,
    *,
    action: str,
    by: Actor,
    subject_type: str,
    subject_id: int,
    patient_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
    at: datetime,
) -> None:
    """Add an entry. `action` is a verb phrase such as "patient.view"; `detail` names fields and keeps no values."""
    session.add(
        AuditEntry(
            happened_at=at,
            action=action,
            account_id=by.account_id,
            by_name=by.full_name,
            role=by.role,
            subject_type=subject_type,
            subject_id=subject_id,
            patient_id=patient_id,
            detail=dict(detail or {}),
        )
    )


def record_view(
    session: Session, what: str, subject_id: int, *, by: Actor, patient_id: int | None, at: datetime
) -> None:
    """Somebody read of a patient: `what` is "appointment", "patient" or "receipt"."""
    record(
        session,
        action=f"{what}.view",
        by=by,
        subject_type=what,
        subject_id=subject_id,
        patient_id=patient_id,
        at=at,
    )
