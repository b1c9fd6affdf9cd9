"""What staff read of a patient, written down in a transaction of its own: reading itself changes nothing."""

from flask import g

from portal.audit.commands import record_view
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction


def note_look(what: str, subject_id: int, patient_id: int | None) -> None:
    """Audit that whoever is here reads that; one's own record is nobody's business to audit."""
    if not g.actor.is_staff or patient_id is None or g.actor.patient_id == patient_id:
        return
    in_transaction(
        db.session,
        lambda: record_view(db.session, what, subject_id, by=g.actor, patient_id=patient_id, at=clock.now()),
    )
