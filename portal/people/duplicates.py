"""Records that may be of the same person: beside one of them, and in a list of pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, column, exists, func, or_, select, table, true
from sqlalchemy.orm import Session, aliased, defer

from portal.core.db import folded
from portal.core.permissions import Actor
from portal.people.models import Patient

MOST_PAIRS = 50
MOST_BESIDE = 5
# Of pg_trgm: "Jon Smith" and "John Smith" are 0.6 alike.
ALIKE = 0.45

# Appointments stand above people and may not be imported here.
_appointment = table("appointment", column("patient_id", BigInteger), column("centre_id", BigInteger))


@dataclass(frozen=True)
class Pair:
    """Two records, the older first, which is the likelier one to keep."""

    older: Patient
    newer: Patient


def likely_duplicates(session: Session, patient: Patient) -> Sequence[Patient]:
    """Other records with the same name or email address, or with a similar name and the same date of birth."""
    same = [folded(Patient.full_name) == folded(patient.full_name)]
    if patient.email:
        same.append(Patient.email == patient.email)
    if patient.date_of_birth:
        same.append(
            (Patient.date_of_birth == patient.date_of_birth) & _is_alike(Patient.full_name, patient.full_name)
        )
    found = select(Patient).where(Patient.id != patient.id, Patient.deleted_at.is_(None), or_(*same))
    found = found.options(defer(Patient.medical_history, raiseload=True))
    return session.scalars(found.order_by(Patient.id).limit(MOST_BESIDE)).all()


def pairs(session: Session, actor: Actor) -> Sequence[Pair]:
    """The first pairs with one email address, or one date of birth and similar names; of one's own centre if bound."""
    older, newer = aliased(Patient), aliased(Patient)
    no_history = (defer(older.medical_history, raiseload=True), defer(newer.medical_history, raiseload=True))
    found: dict[tuple[int, int], Pair] = {}
    for is_same in (
        newer.email == older.email,
        (newer.date_of_birth == older.date_of_birth) & _is_alike(newer.full_name, older.full_name),
    ):
        statement = (
            select(older, newer)
            .join(newer, (newer.id > older.id) & is_same)
            .where(older.deleted_at.is_(None), newer.deleted_at.is_(None))
            .where(_in_reach(actor, older, newer))
            .options(*no_history)
            .limit(MOST_PAIRS)
        )
        for one, other in session.execute(statement):
            found[one.id, other.id] = Pair(one, other)
    return sorted(found.values(), key=lambda pair: (pair.older.full_name, pair.newer.id))[:MOST_PAIRS]


def _is_alike(one: object, other: object) -> ColumnElement[bool]:
    return func.similarity(folded(one), folded(other)) >= ALIKE


def _in_reach(actor: Actor, *patients: type[Patient]) -> ColumnElement[bool]:
    if actor.role is None or not actor.role.is_bound_to_centre:
        return true()
    return exists().where(
        _appointment.c.patient_id.in_([one.id for one in patients]),
        _appointment.c.centre_id.in_(sorted(actor.centre_ids)),
    )
