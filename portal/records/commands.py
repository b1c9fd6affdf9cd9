"""Writing medical notes."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.appointments.queries import visible_to
from portal.core.errors import Forbidden, Invalid, NotFound, _
from portal.core.events import publish
from portal.core.permissions import Actor, Permission
from portal.people.models import Patient
from portal.records.events import MedicalNoteWritten
from portal.records.models import LONGEST, MedicalNote


def write_note(
    session: Session,
    patient: Patient,
    text: str,
    *,
    by: Actor,
    at: datetime,
    appointment_id: int | None = None,
    corrects: MedicalNote | None = None,
) -> MedicalNote:
    """Add a note, or an addendum to one. Notes are never changed.

    Raises Forbidden, NotFound for one's own record, and Invalid with what is wrong by field ("note",
    "appointment_id").
    """
    check_may_read(by, patient)
    written = text.strip()
    if not written:
        raise Invalid(details={"note": _("Write the note.")})
    if len(written) > LONGEST:
        raise Invalid(details={"note": _("This note is too long. Please write it in two.")})
    if appointment_id is not None:
        _check_is_of(session, by, patient, appointment_id)
    note = MedicalNote(
        patient_id=patient.id,
        appointment_id=appointment_id,
        corrects_id=corrects.id if corrects else None,
        text=written,
        author_id=by.account_id,
        author_name=by.full_name,
        written_at=at,
    )
    session.add(note)
    session.flush()
    publish(session, MedicalNoteWritten(note.id, patient.id, by, at))
    return note


def check_may_read(actor: Actor, patient: Patient) -> None:
    """Raises Forbidden for whoever does not treat, and NotFound for clinicians who are the patient themselves."""
    if not actor.may(Permission.MEDICAL_NOTE_WRITE):
        raise Forbidden
    if patient.id in actor.patient_ids:
        raise NotFound


def _check_is_of(session: Session, by: Actor, patient: Patient, appointment_id: int) -> None:
    found = select(Appointment.id).where(
        Appointment.id == appointment_id, Appointment.patient_id == patient.id, visible_to(by)
    )
    if session.scalar(found) is None:
        raise Invalid(details={"appointment_id": _("This is no appointment of this patient with you.")})
