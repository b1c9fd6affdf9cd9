"""Writing medical notes."""

import uuid
from datetime import datetime

from sqlalchemy import func, select
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
    form_key: uuid.UUID | None = None,
) -> MedicalNote:
    """Add a note, or an addendum to one. Notes are never changed. The same with the same `form_key` is written once.

    Raises Forbidden, NotFound for one's own record, and Invalid with what is wrong by field ("note",
    "appointment_id").
    """
    check_may_read(by, patient)
    note = MedicalNote(
        patient_id=patient.id,
        appointment_id=appointment_id,
        corrects_id=corrects.id if corrects else None,
        text=_checked(text),
        author_id=by.account_id,
        author_name=by.full_name,
        written_at=at,
    )
    if appointment_id is not None:
        _check_is_of(session, by, patient, appointment_id)
    if form_key is not None:
        before = _sent_with(session, form_key, by)
        if before is not None and _say_the_same(before, note):
            return before
        # A page that came back and was written on anew has a key that is used up; its note is kept all the same.
        note.form_key = None if before else form_key
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


def _checked(text: str) -> str:
    written = text.strip()
    if not written:
        raise Invalid(details={"note": _("Write the note.")})
    if len(written) > LONGEST:
        raise Invalid(details={"note": _("This note is too long. Please write it in two.")})
    return written


def _sent_with(session: Session, form_key: uuid.UUID, by: Actor) -> MedicalNote | None:
    """What that page wrote before; of two presses of a button the second waits here for the first."""
    key = func.hashtextextended(f"medical-note {by.account_id} {form_key}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))
    mine = MedicalNote.author_id == by.account_id
    return session.scalar(select(MedicalNote).where(mine, MedicalNote.form_key == form_key))


def _say_the_same(one: MedicalNote, other: MedicalNote) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in SAID)


SAID = ("patient_id", "appointment_id", "corrects_id", "text")
