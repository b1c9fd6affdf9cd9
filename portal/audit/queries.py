"""Reading the audit."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry


def entries_about_patient(session: Session, patient_id: int, limit: int = 50) -> Sequence[AuditEntry]:
    """Who looked at or changed what of a patient's, newest first."""
    found = select(AuditEntry).where(AuditEntry.patient_id == patient_id)
    return session.scalars(
        found.order_by(AuditEntry.happened_at.desc(), AuditEntry.id.desc()).limit(limit)
    ).all()
