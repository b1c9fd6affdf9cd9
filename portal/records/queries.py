"""Reading medical notes, for those who treat the patient."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from portal.core.errors import NotFound
from portal.core.pagination import DEFAULT_LIMIT, Page, paginate
from portal.core.permissions import Actor
from portal.people.models import Patient
from portal.records.commands import check_may_read
from portal.records.models import MedicalNote


def notes_about(
    session: Session, actor: Actor, patient: Patient, *, page: int = 1, limit: int = DEFAULT_LIMIT
) -> Page[MedicalNote]:
    """The notes with their addenda, newest first. Raises Forbidden and NotFound; the caller audits the look."""
    check_may_read(actor, patient)
    return paginate(session, _notes(patient), page, limit)


def latest_notes(session: Session, actor: Actor, patient: Patient, limit: int) -> Sequence[MedicalNote]:
    """The same in one query, without counting them."""
    check_may_read(actor, patient)
    few = _notes(patient, joinedload(MedicalNote.addenda)).limit(limit)
    return session.scalars(few).unique().all()


def get_note(session: Session, actor: Actor, patient: Patient, note_id: int) -> MedicalNote:
    """One note that is no addendum itself. Raises Forbidden and NotFound."""
    check_may_read(actor, patient)
    note = session.scalar(_notes(patient).where(MedicalNote.id == note_id))
    if note is None:
        raise NotFound
    return note


def get_written(session: Session, actor: Actor, patient: Patient, note_id: int) -> MedicalNote:
    """One note, or what was added to one. Raises Forbidden and NotFound."""
    check_may_read(actor, patient)
    mine = select(MedicalNote).where(MedicalNote.id == note_id, MedicalNote.patient_id == patient.id)
    note = session.scalar(mine)
    if note is None:
        raise NotFound
    return note


def _notes(patient: Patient, addenda: ExecutableOption | None = None) -> Select[MedicalNote]:
    found = select(MedicalNote).where(MedicalNote.patient_id == patient.id, MedicalNote.corrects_id.is_(None))
    whole = found.options(addenda or selectinload(MedicalNote.addenda), joinedload(MedicalNote.appointment))
    return whole.order_by(MedicalNote.id.desc())
