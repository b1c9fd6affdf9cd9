"""Is somebody who is about to be registered here already? One question, whoever registers them and wherever."""

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.core.permissions import Actor
from portal.people.errors import DuplicateUnexplained, PossibleDuplicate
from portal.people.models import Patient
from portal.people.queries import find_duplicates


def check_is_new(session: Session, patient: Patient, *, by: Actor, why_new: str | None) -> str:
    """How `patient`, not registered yet, is known to be somebody else than those alike; empty where nobody is.

    `why_new` is what was said of it, None where nothing was. Raises PossibleDuplicate with the records of the same
    phone, name or email that the actor may see, and DuplicateUnexplained where it was said without a reason. There is
    no way round a phone that is taken.
    """
    alike = _alike(session, patient, by)
    if alike and why_new is None:
        raise PossibleDuplicate(alike, is_certain=False)
    reason = (why_new or "").strip()
    if alike and not reason:
        raise DuplicateUnexplained(alike)
    return reason if alike else ""


def _alike(session: Session, patient: Patient, by: Actor) -> Sequence[Patient]:
    """A clinician is not told of the patients of others, other than that a phone is taken."""
    seen = find_duplicates(session, by, phone=patient.phone, full_name=patient.full_name, email=patient.email)
    is_taken = exists().where(Patient.phone == patient.phone, Patient.deleted_at.is_(None))
    if patient.phone and session.scalar(select(is_taken)):
        raise PossibleDuplicate([one for one in seen if one.phone == patient.phone], is_certain=True)
    return seen
