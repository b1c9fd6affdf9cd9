"""Coming appointments that the rules of now no longer cover, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.commands.stranding import is_coming
from portal.appointments.models import Appointment
from portal.appointments.queries import WITH_PEOPLE, visible_to
from portal.centres.models import Centre
from portal.core.permissions import Actor
from portal.people.models import Clinician
from portal.scheduling.intervals import Interval
from portal.scheduling.rosters import Roster, roster
from portal.scheduling.rules import Refusal


class Cause(StrEnum):
    """Why nobody is there to keep an appointment, in the order in which reasons are looked for."""

    CLINICIAN_OFF = "CLINICIAN_OFF"
    CENTRE_OFF = "CENTRE_OFF"
    HOLIDAY = "HOLIDAY"
    LEAVE = "LEAVE"
    OUTSIDE_HOURS = "OUTSIDE_HOURS"


@dataclass(frozen=True)
class Affected:
    """An appointment that stays as booked although nobody works then."""

    appointment: Appointment
    cause: Cause

    @property
    def can_be_asked(self) -> bool:
        """May its patient find another time with the same clinician there?"""
        return self.cause in MOVABLE


MOVABLE = frozenset({Cause.HOLIDAY, Cause.LEAVE, Cause.OUTSIDE_HOURS})
"""The causes with which other times are offered: of the clinician, at the centre."""


def affected(session: Session, actor: Actor, *, at: datetime) -> list[Affected]:
    """Those that are this member of staff's to deal with, in order of start: four queries, however much is booked.

    A clinician's own; those of their centre for who is bound to one; else all.
    """
    causes = affected_causes(session, actor, at=at)
    statement = select(Appointment).options(*WITH_PEOPLE).where(Appointment.id.in_(list(causes)))
    in_order = statement.order_by(Appointment.starts_at, Appointment.id)
    return [Affected(one, causes[one.id]) for one in session.scalars(in_order)] if causes else []


def affected_causes(session: Session, actor: Actor, *, at: datetime) -> dict[int, Cause]:
    """The same as ids, each with its cause: three queries."""
    coming = session.execute(
        select(
            Appointment.id,
            Appointment.clinician_id,
            Appointment.centre_id,
            Appointment.starts_at,
            Appointment.ends_at,
            (Clinician.is_active & Account.is_active).label("is_there"),
            func.coalesce(Centre.is_active & Centre.deleted_at.is_(None), True).label("is_open"),
        )
        .join(Clinician, Clinician.id == Appointment.clinician_id)
        .join(Account, Account.id == Clinician.account_id)
        .outerjoin(Centre, Centre.id == Appointment.centre_id)
        .where(is_coming(at), dealt_with_by(actor))
        .order_by(Appointment.starts_at)
    ).all()
    if not coming:
        return {}
    first, last = coming[0].starts_at.date() - _DAY, coming[-1].starts_at.date() + _DAY
    known = roster(session, {row.clinician_id for row in coming}, first, last)
    found = ((row.id, _cause(row, known)) for row in coming)
    return {appointment_id: cause for appointment_id, cause in found if cause}


def dealt_with_by(actor: Actor) -> ColumnElement[bool]:
    """The appointments that somebody keeps or looks after at work; never those in which they are the patient."""
    if actor.clinician_id is not None:
        return Appointment.clinician_id == actor.clinician_id
    return visible_to(actor)


def _cause(row: Any, known: Roster) -> Cause | None:
    if not row.is_there:
        return Cause.CLINICIAN_OFF
    if not row.is_open:
        return Cause.CENTRE_OFF
    timetable = known.timetables.get((row.clinician_id, row.centre_id))
    if timetable is None:
        return Cause.OUTSIDE_HOURS
    refusal: Refusal | None = timetable.off_duty(Interval(row.starts_at, row.ends_at))
    return Cause(refusal.value) if refusal else None


_DAY = timedelta(days=1)
