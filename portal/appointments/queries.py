"""Reading appointments. Whatever leaves here is what the actor may see; anything else does not exist for them."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, any_, cast, false, func, literal, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.accounts.models import Account
from portal.appointments.models import Appointment, Status, Waiting
from portal.appointments.slots import Slot
from portal.core import clock
from portal.core.db import folded, like_pattern
from portal.core.errors import Forbidden, NotFound
from portal.core.pagination import Page, paginate
from portal.core.permissions import Actor, Permission, Role
from portal.people.models import Clinician, Patient

WITH_PEOPLE = (
    joinedload(Appointment.patient),
    joinedload(Appointment.clinician),
    joinedload(Appointment.centre),
    joinedload(Appointment.service),
)


class When(StrEnum):
    """The three buckets of "my appointments"."""

    CURRENT = "current"
    UPCOMING = "upcoming"
    PAST = "past"


@dataclass(frozen=True)
class Filters:
    """What a list of appointments may be narrowed to; instants are half-open [starts_from, starts_before).

    `first_on` and `last_on` are dates of the appointments' own wall calendars, both included.
    """

    status: Status | None = None
    centre_id: int | None = None
    clinician_id: int | None = None
    patient_id: int | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    first_on: date | None = None
    last_on: date | None = None
    specialization: str = ""
    search: str = ""
    when: When | None = None


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Which appointments exist for this actor."""
    if actor.appointment_id is not None:
        return Appointment.id == actor.appointment_id
    own = of_patients(actor.patient_ids)
    if actor.role is Role.PATIENT:
        return own
    if actor.role is Role.CLINICIAN:
        return or_(Appointment.clinician_id == actor.clinician_id, own)
    if not actor.may(Permission.APPOINTMENT_VIEW):
        return false()
    if actor.role is not None and actor.role.is_bound_to_centre:
        return Appointment.centre_id.in_(actor.centre_ids)
    return true()


def of_patients(patient_ids: Collection[int]) -> ColumnElement[bool]:
    """The visits of these people: of somebody, and of those they look after."""
    return Appointment.patient_id.in_(sorted(patient_ids)) if patient_ids else false()


def get_visible(session: Session, actor: Actor, appointment_id: int) -> Appointment:
    """The appointment with its people; raises NotFound, or Forbidden for staff of another centre."""
    statement = select(Appointment).options(*WITH_PEOPLE, selectinload(Appointment.history))
    found = session.scalar(statement.where(Appointment.id == appointment_id, BOOKED, visible_to(actor)))
    if found is not None:
        return found
    exists = select(Appointment.id).where(Appointment.id == appointment_id, BOOKED)
    if actor.role is not None and actor.role.is_bound_to_centre and session.scalar(exists):
        raise Forbidden
    raise NotFound


def get_visible_or_held(session: Session, actor: Actor, appointment_id: int) -> Appointment:
    """The same, and what a patient holds or has held, for those they look after too, though it was never booked."""
    own = (
        select(Appointment)
        .options(*WITH_PEOPLE)
        .where(
            Appointment.id == appointment_id,
            of_patients(actor.patient_ids),
            Appointment.booked_at.is_(None),
        )
    )
    held = session.scalar(own) if actor.patient_ids else None
    return held or get_visible(session, actor, appointment_id)


def appointment_at(session: Session, actor: Actor, slot: Slot) -> int | None:
    """The id of the live appointment that takes the clinician's time of that slot, if the actor may see it."""
    live = Appointment.status.in_([Status.PENDING, Status.CONFIRMED])
    found = select(Appointment.id).where(
        Appointment.clinician_id == slot.clinician_id,
        Appointment.starts_at < slot.ends_at,
        Appointment.ends_at > slot.starts_at,
        live,
        BOOKED,
        visible_to(actor),
    )
    return session.scalar(found.order_by(Appointment.starts_at).limit(1))


def ids_visible(session: Session, actor: Actor, appointments: Sequence[Appointment]) -> set[int]:
    """Of these appointments the ids of those that the actor may see."""
    ids = [appointment.id for appointment in appointments]
    return set(session.scalars(select(Appointment.id).where(Appointment.id.in_(ids), visible_to(actor))))


def get_held(
    session: Session, uid: uuid.UUID, *, holder_hash: str | None, patient_ids: Collection[int]
) -> Appointment:
    """The hold of this browser or of these patients, whatever became of it; raises NotFound for anybody else's."""
    mine = []
    if patient_ids:
        mine.append(of_patients(patient_ids))
    if holder_hash is not None:
        mine.append(and_(Appointment.holder_hash == holder_hash, Appointment.patient_id.is_(None)))
    statement = select(Appointment).options(*WITH_PEOPLE).where(Appointment.uid == uid, or_(false(), *mine))
    found = session.scalar(statement)
    if found is None:
        raise NotFound
    return found


def current_hold(
    session: Session, *, at: datetime, holder_hash: str | None, patient_ids: Collection[int]
) -> Appointment | None:
    """What this browser holds, or one of these patients at the moment, if anything."""
    mine = []
    if patient_ids:
        mine.append(of_patients(patient_ids))
    if holder_hash is not None:
        mine.append(Appointment.holder_hash == holder_hash)
    if not mine:
        return None
    return session.scalar(
        select(Appointment)
        .options(*WITH_PEOPLE)
        .where(or_(*mine), Appointment.waiting_for == Waiting.HOLD, Appointment.hold_expires_at > at)
        .order_by(Appointment.id.desc())
        .limit(1)
    )


def listed(actor: Actor, filters: Filters, at: datetime) -> Select[Appointment]:
    """The statement behind every list of appointments: what the actor may see, narrowed by the filters."""
    statement = select(Appointment).options(*WITH_PEOPLE).where(BOOKED, visible_to(actor))
    for condition in _conditions(filters, at):
        statement = statement.where(condition)
    if filters.search:
        pattern = folded(like_pattern(filters.search))
        named = select(Patient.id).where(folded(Patient.full_name).like(pattern))
        seen_by = select(Clinician.id).join(Clinician.account).where(folded(Account.full_name).like(pattern))
        statement = statement.where(
            or_(Appointment.patient_id.in_(named), Appointment.clinician_id.in_(seen_by))
        )
    newest_first = filters.when is When.PAST
    order = Appointment.starts_at.desc() if newest_first else Appointment.starts_at
    return statement.order_by(order, Appointment.id)


def search(
    session: Session, actor: Actor, filters: Filters, *, at: datetime, page: int = 1, limit: int = 20
) -> Page[Appointment]:
    """A page of the appointments that the actor may see."""
    return paginate(session, listed(actor, filters, at), page, limit)


def between(
    session: Session,
    actor: Actor,
    start: datetime,
    end: datetime,
    *,
    include_cancelled: bool = False,
    **ids: int | None,
) -> list[Appointment]:
    """Appointments that begin between two instants, in order: a day of a clinician, a board of a centre.

    `ids` may name clinician_id and centre_id. Holds are included: they take time too.
    """
    found = beginning_between(actor, start, end, include_cancelled=include_cancelled, **ids)
    return list(session.scalars(found))


def beginning_between(
    actor: Actor, start: datetime, end: datetime, *, include_cancelled: bool = False, **ids: int | None
) -> Select[Appointment]:
    """The statement behind `between`."""
    statement = (
        select(Appointment)
        .options(*WITH_PEOPLE)
        .where(
            visible_to(actor),
            Appointment.starts_at >= start,
            Appointment.starts_at < end,
            *(getattr(Appointment, name) == value for name, value in ids.items() if value is not None),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )
    live = Appointment.status != Status.CANCELLED
    return statement.where(BOOKED if include_cancelled else live)


BOOKED = Appointment.booked_at.is_not(None)
"""More than a time once held."""


def _conditions(filters: Filters, at: datetime) -> list[ColumnElement[bool]]:
    wanted: list[tuple[Any, ColumnElement[bool]]] = [
        (filters.status, Appointment.status == filters.status),
        (filters.centre_id, Appointment.centre_id == filters.centre_id),
        (filters.clinician_id, Appointment.clinician_id == filters.clinician_id),
        (filters.patient_id, Appointment.patient_id == filters.patient_id),
        (
            filters.specialization,
            Appointment.clinician_id.in_(
                select(Clinician.id).where(literal(filters.specialization) == any_(Clinician.specialization))
            ),
        ),
    ]
    conditions = [condition for value, condition in wanted if value]
    if filters.starts_from is not None:
        conditions.append(Appointment.starts_at >= filters.starts_from)
    if filters.starts_before is not None:
        conditions.append(Appointment.starts_at < filters.starts_before)
    conditions += _on_days(filters.first_on, filters.last_on)
    if filters.when is not None:
        conditions.append(_bucket(filters.when, at))
    return conditions


def _on_days(first: date | None, last: date | None) -> Iterator[ColumnElement[bool]]:
    """Dates differ from zone to zone; a day more on either side in UTC is what the index can find."""
    if first is not None:
        yield Appointment.starts_at >= clock.midnight(first - ONE_DAY, UTC)
        yield first <= LOCAL_DAY
    if last is not None:
        yield Appointment.starts_at < clock.midnight(last + 2 * ONE_DAY, UTC)
        yield last >= LOCAL_DAY


ONE_DAY, UTC = timedelta(days=1), clock.zone("UTC")
LOCAL_DAY = cast(func.timezone(Appointment.time_zone, Appointment.starts_at), Date)


def _bucket(when: When, at: datetime) -> ColumnElement[bool]:
    live = Appointment.status.in_([Status.PENDING, Status.CONFIRMED])
    if when is When.UPCOMING:
        return and_(live, Appointment.starts_at > at)
    if when is When.CURRENT:
        return and_(live, Appointment.starts_at <= at, Appointment.ends_at > at)
    return or_(and_(live, Appointment.ends_at <= at), ~live)
