"""Records that may be of the same person: beside one of them, and in a list of pairs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, column, exists, func, or_, select, table, true
from sqlalchemy.orm import Session, aliased, defer

from portal.core.db import folded
from portal.core.permissions import Actor
from portal.people.models import Patient

MOST_PAIRS = 50
STRETCH = 5000
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


@dataclass(frozen=True)
class Pairs:
    """Some pairs, the newest first; `before` is where older ones are looked for, None where all were looked at."""

    items: Sequence[Pair]
    before: int | None


Alike = Callable[[type[Patient], type[Patient]], ColumnElement[bool]]


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


def pairs(session: Session, actor: Actor, *, before: int | None = None) -> Pairs:
    """Pairs with one email address, or one date of birth and similar names; of one's own centre if bound.

    The newest records are looked at, each beside all that are older, and no more than `STRETCH` of them: however many
    the practice has, the answer takes as long. `before`, the id of a record, goes on with those that are older.
    """
    last, is_more = _stretch(session, before)
    found: dict[Pair, None] = {}
    for is_same in (_has_same_email, _is_born_alike):
        some = _pairs_of(session, actor, is_same, last, before)
        if len(some) == MOST_PAIRS:  # what is behind them is looked at next
            last, is_more = max(last, some[-1].newer.id), True
        found |= dict.fromkeys(some)
    return Pairs(list(found), last if is_more else None)


def _stretch(session: Session, before: int | None) -> tuple[int, bool]:
    """The id of the oldest record to look at, and whether there may be older ones."""
    ids = select(Patient.id).where(Patient.deleted_at.is_(None))
    if before is not None:
        ids = ids.where(Patient.id < before)
    stretch = ids.order_by(Patient.id.desc()).limit(STRETCH).subquery()
    oldest, count = session.execute(select(func.min(stretch.c.id), func.count()).select_from(stretch)).one()
    return oldest or 0, count == STRETCH


def _pairs_of(session: Session, actor: Actor, is_same: Alike, last: int, before: int | None) -> list[Pair]:
    older, newer = aliased(Patient), aliased(Patient)
    statement = (
        select(older, newer)
        .join(newer, (newer.id > older.id) & is_same(newer, older))
        .where(older.deleted_at.is_(None), newer.deleted_at.is_(None), newer.id >= last)
        .where(true() if before is None else newer.id < before)
        .where(_in_reach(actor, older, newer))
        .options(defer(older.medical_history, raiseload=True), defer(newer.medical_history, raiseload=True))
        .order_by(newer.id.desc(), older.id)
        .limit(MOST_PAIRS)
    )
    return [Pair(one, other) for one, other in session.execute(statement)]


def _has_same_email(one: type[Patient], other: type[Patient]) -> ColumnElement[bool]:
    return one.email == other.email


def _is_born_alike(one: type[Patient], other: type[Patient]) -> ColumnElement[bool]:
    return (one.date_of_birth == other.date_of_birth) & _is_alike(one.full_name, other.full_name)


def _is_alike(one: object, other: object) -> ColumnElement[bool]:
    return func.similarity(folded(one), folded(other)) >= ALIKE


def _in_reach(actor: Actor, *patients: type[Patient]) -> ColumnElement[bool]:
    if actor.role is None or not actor.role.is_bound_to_centre:
        return true()
    return exists().where(
        _appointment.c.patient_id.in_([one.id for one in patients]),
        _appointment.c.centre_id.in_(sorted(actor.centre_ids)),
    )
