"""Finding a patient while somebody types: the first few at once, however many the practice has."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer

from portal.core.db import folded
from portal.core.permissions import Actor
from portal.people.matching import matching
from portal.people.models import Patient
from portal.people.queries import patient_visible_to

# Of so many that match the first are shown by name: putting all Smiths in order takes longer than typing on.
CANDIDATES = 200


@dataclass(frozen=True)
class Found:
    items: Sequence[Patient]
    has_more: bool


def find_patients(session: Session, actor: Actor, typed: str, *, limit: int) -> Found:
    """The first patients, by name, that the actor may see and that what is typed may mean; see `matching`."""
    found = session.scalars(first_matches(actor, typed, limit + 1)).all()
    return Found(found[:limit], len(found) > limit)


def first_matches(actor: Actor, typed: str, limit: int) -> Select[Patient]:
    """The statement behind `find_patients`."""
    few = select(Patient.id).where(patient_visible_to(actor), *matching(typed)).limit(CANDIDATES)
    return (
        select(Patient)
        .where(Patient.id.in_(select(few.subquery().c.id)))
        .options(defer(Patient.medical_history, raiseload=True))
        .order_by(folded(Patient.full_name), Patient.id)
        .limit(limit)
    )
