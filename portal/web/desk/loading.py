"""All that a centre's day board shows, in a fixed number of queries however many clinicians there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    DateTime,
    Select,
    SmallInteger,
    Time,
    any_,
    bindparam,
    cast,
    func,
    null,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability
from portal.appointments.delays import DELAYS_AT
from portal.appointments.models import Appointment, Status
from portal.appointments.queries import BOOKED, visible_to
from portal.centres.models import Centre, Holiday
from portal.core import clock
from portal.core.db import read_columns
from portal.core.permissions import Actor
from portal.scheduling.models import DateException
from portal.scheduling.queries import roster
from portal.web.desk.members import BEGINS, CENTRE, ENDS, Colleague, Member, read_team
from portal.web.visits import Visit, read_visits, visits_where


@dataclass(frozen=True)
class Closure:
    """Leave of a clinician on the day: all of it, or between two wall times."""

    clinician_id: int
    start_time: time | None
    end_time: time | None
    reason: str


@dataclass(frozen=True)
class Facts:
    """One centre, one date. `titles` are the services offered there; `requests` wait to be cancelled, of any date.

    `late` says by clinician how many minutes they run late today. What was cancelled is kept apart.
    """

    centre: Centre
    on: date
    members: Sequence[Member]
    availability: Availability
    requests: Sequence[Visit]
    closures: Sequence[Closure]
    holiday: str
    titles: Sequence[tuple[int, str]]
    late: Mapping[int, int]
    _by_clinician: Mapping[int, Sequence[Visit]]

    @cached_property
    def names(self) -> dict[int, str]:
        """How the clinicians are addressed, by id."""
        return {member.id: member.full_name for member in self.members}

    def of(self, member: Member) -> list[Visit]:
        return [one for one in self.all_of(member) if one.status != Status.CANCELLED]

    def all_of(self, member: Member) -> Sequence[Visit]:
        """What they have and what was cancelled."""
        return self._by_clinician.get(member.id, ())

    def closures_of(self, member: Member) -> list[Closure]:
        return [closure for closure in self.closures if closure.clinician_id == member.id]


def load(
    session: Session, actor: Actor, centre: Centre, on: date, *, at: datetime, service_id: int | None
) -> Facts:
    """Six queries. With `service_id`, free times are those of services with the same title."""
    begins, ends = clock.day_bounds(on, centre.zone)
    asked = {"centre": centre.id, "begins": begins, "ends": ends}
    team = read_team(session, asked)
    own, titles = team.own, team.titles
    availability = _availability(session, centre, own, on, at)
    visits = read_visits(session, _visits(actor), {**asked, "at": at}, at)
    by_clinician = _by_clinician(visits, begins, ends)
    closures, holiday, late = _closures(session, centre, on, [one.id for one in own], at)
    return Facts(
        centre,
        on,
        team.members(dict(titles).get(service_id or 0), by_clinician),
        availability,
        [one for one in visits if one.cancellation_requested_at and one.starts_at > at and one.is_live],
        closures,
        holiday,
        titles,
        late,
        by_clinician,
    )


def _availability(
    session: Session, centre: Centre, clinicians: Sequence[Colleague], on: date, at: datetime
) -> Availability:
    """With the hours of that weekday alone: a week of twenty clinicians takes longer to read than all else."""
    ids = [clinician.id for clinician in clinicians]
    known = roster(session, ids, on, on, centre_id=centre.id, weekdays=[on.isoweekday()])
    return Availability(session, clinicians, on, on, Asking(at, is_staff=True), known=known)


def _by_clinician(visits: Iterable[Visit], begins: datetime, ends: datetime) -> dict[int, list[Visit]]:
    """Those of the day."""
    found: dict[int, list[Visit]] = defaultdict(list)
    for one in visits:
        if begins <= one.starts_at < ends:
            found[one.clinician_id].append(one)
    return dict(found)


def _closures(
    session: Session, centre: Centre, on: date, clinician_ids: Sequence[int], at: datetime
) -> tuple[list[Closure], str, dict[int, int]]:
    """Leave with its reasons, the centre's holiday on that date, and who runs late, as rows of one shape."""
    statement = CLOSURES_TODAY if on == clock.local_day(at, centre.zone) else CLOSURES
    asked = {"centre": centre.id, "on": on, "clinician_ids": clinician_ids, "at": at}
    rows: Sequence[Any] = read_columns(session, statement, asked).all()
    closures = [Closure(*row[:4]) for row in rows if row.clinician_id is not None and row.late is None]
    holiday = next((row.reason for row in rows if row.clinician_id is None), "")
    return closures, holiday, {row.clinician_id: row.late for row in rows if row.late}


# Built once for everybody who works at a desk.
@lru_cache(maxsize=256)
def _visits(actor: Actor) -> Select[*tuple[Any, ...]]:
    """What begins at a centre on a day, with holds and what was cancelled of the booked, and whatever is to come there
    and asks to be cancelled."""
    is_live = Appointment.status != Status.CANCELLED
    is_of_the_day = (Appointment.starts_at >= BEGINS) & (Appointment.starts_at < ENDS)
    asks = is_live & Appointment.cancellation_requested_at.is_not(None) & (Appointment.starts_at > AT)
    return visits_where(
        visible_to(actor), Appointment.centre_id == CENTRE, or_(is_live, BOOKED), or_(is_of_the_day, asks)
    )


# The statements are built once: putting them together costs more than running them.
ON, AT = bindparam("on", type_=Date), bindparam("at", type_=DateTime(timezone=True))

NO_TIME = type_coerce(null(), Time)
LEAVE = select(
    DateException.clinician_id,
    DateException.start_time,
    DateException.end_time,
    DateException.reason,
    cast(null(), SmallInteger).label("late"),
).where(
    DateException.clinician_id == any_(bindparam("clinician_ids", type_=ARRAY(BigInteger))),
    DateException.is_available.is_(False),
    or_(DateException.centre_id.is_(None), DateException.centre_id == CENTRE),
    DateException.starts_on <= ON,
    DateException.ends_on >= ON,
)
HOLIDAY = select(type_coerce(null(), BigInteger), NO_TIME, NO_TIME, func.trim(Holiday.name), null()).where(
    Holiday.centre_id == CENTRE, Holiday.holiday_on == ON
)
DELAYS = DELAYS_AT.subquery()
CLOSURES = LEAVE.union_all(HOLIDAY)
CLOSURES_TODAY = LEAVE.union_all(
    HOLIDAY, select(DELAYS.c.clinician_id, NO_TIME, NO_TIME, null(), DELAYS.c.minutes)
)
