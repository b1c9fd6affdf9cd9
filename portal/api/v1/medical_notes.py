"""Medical notes of a patient, for those who treat."""

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Listed, Paged, paged
from portal.api.v1.representations.medical_notes import (
    MedicalNoteQuery,
    MedicalNoteShape,
    NewMedicalNote,
    note_shape,
)
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, NotFound, _
from portal.core.permissions import Permission
from portal.delivery.looks import note_look
from portal.people.models import Patient
from portal.people.queries import get_visible_patient
from portal.records.commands import write_note
from portal.records.models import MedicalNote
from portal.records.queries import get_note, get_written, notes_about

bp = Blueprint("api_medical_notes", __name__, url_prefix="/patients/<int:patient_id>/notes")


@bp.get("")
@endpoint("PAT-07", Listed[MedicalNoteShape], Permission.MEDICAL_NOTE_WRITE)
def index(patient_id: int, query: MedicalNoteQuery) -> Paged[MedicalNoteShape]:
    """The notes with what was added to them, newest first. Each read is audited, and the patient can see who it was."""
    patient = get_visible_patient(db.session, g.actor, patient_id)
    found = notes_about(db.session, g.actor, patient, page=query.page, limit=query.limit)
    note_look("medical_note", patient.id, patient.id)
    return paged(found, note_shape)


def _written_before(note_id: int, patient_id: int) -> MedicalNoteShape:
    patient = get_visible_patient(db.session, g.actor, patient_id)
    return note_shape(get_written(db.session, g.actor, patient, note_id))


@bp.post("")
@endpoint(
    "PAT-07",
    Answer[MedicalNoteShape],
    Permission.MEDICAL_NOTE_WRITE,
    status=201,
    is_write=True,
    again=_written_before,
)
def create(patient_id: int, json: NewMedicalNote) -> MedicalNoteShape:
    """Write a note, or, with correctsId, what puts an earlier one right. Notes are never changed or deleted."""
    patient = get_visible_patient(db.session, g.actor, patient_id)
    made = write_note(
        db.session,
        patient,
        json.note,
        by=g.actor,
        at=clock.now(),
        appointment_id=json.appointment_id,
        corrects=_corrected(patient, json.corrects_id),
    )
    return note_shape(made)


def _corrected(patient: Patient, note_id: int | None) -> MedicalNote | None:
    if note_id is None:
        return None
    try:
        return get_note(db.session, g.actor, patient, note_id)
    except NotFound:
        raise Invalid(details={"corrects_id": _("This is no note about this patient.")}) from None
