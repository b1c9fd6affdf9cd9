"""A patient with those who look after them and those whom they look after, for whoever books for one of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session, joinedload

from portal.core.errors import NotFound
from portal.core.permissions import Actor
from portal.people.care_models import Care
from portal.people.models import Patient
from portal.people.queries import visible_patient


@dataclass(frozen=True)
class Family:
    """By name; those who have yet to allow it, and who was removed, are left out."""

    patient: Patient
    carers: list[Patient]
    cared_for: list[Patient]


def get_visible_family(session: Session, actor: Actor, patient_id: int) -> Family:
    """The patient as `get_visible_patient` finds them, in one query with their people; raises NotFound."""
    theirs = ((Care.carer_id == Patient.id) | (Care.patient_id == Patient.id)) & Care.paused_at.is_(None)
    people = (
        joinedload(one).defer(Patient.medical_history, raiseload=True) for one in (Care.carer, Care.patient)
    )
    statement = visible_patient(actor, patient_id).add_columns(Care).outerjoin(Care, theirs).options(*people)
    rows = session.execute(statement).all()
    if not rows:
        raise NotFound
    patient, cares = rows[0][0], [row[1] for row in rows if row[1] is not None]
    return Family(
        patient,
        _by_name(care.carer for care in cares if care.patient_id == patient.id),
        _by_name(care.patient for care in cares if care.carer_id == patient.id),
    )


def _by_name(people: Iterable[Patient]) -> list[Patient]:
    still_here = [one for one in people if one.deleted_at is None]
    return sorted(still_here, key=lambda one: (one.full_name.casefold(), one.id))
