"""What a clinician's diary is read from: own appointments, working time and leave between two dates."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import g
from sqlalchemy import BigInteger, DateTime, Select, and_, bindparam, or_
from sqlalchemy.orm import Session

from portal.appointments import queries
from portal.appointments.models import Appointment, Status
from portal.core import clock
from portal.core.permissions import Actor
from portal.people.models import Clinician
from portal.people.queries import get_manageable
from portal.scheduling.intervals import Interval, merged
from portal.scheduling.rosters import roster
from portal.scheduling.rules import Exceptional, Timetable
from portal.web.visits import Visit, read_visits, visits_where

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MOST_REQUESTS = 50


@dataclass(frozen=True)
class Diary:
    """Own visits that are not cancelled, and the timetables by centre, with the clinician's zone for days.

    Requests that wait are among them, whatever their day.
    """

    clinician: Clinician
    visits: list[Visit]
    timetables: dict[int | None, Timetable]
    at: datetime

    @property
    def zone(self) -> ZoneInfo:
        return self.clinician.zone

    @property
    def requests(self) -> list[Visit]:
        """Coming visits that wait for the clinician to accept them, the next one first."""
        waiting = (one for one in self.visits if one.status == Status.PENDING and not one.is_hold)
        return [one for one in waiting if one.starts_at >= self.at][:MOST_REQUESTS]

    @property
    def today(self) -> date:
        return clock.local_day(self.at, self.zone)

    def on(self, day: date) -> list[Visit]:
        begins, ends = clock.day_bounds(day, self.zone)
        return [visit for visit in self.visits if begins <= visit.starts_at < ends]

    def openings(self, day: date) -> list[Interval]:
        """Working time of the date at all centres together."""
        return merged(opening for table in self.timetables.values() for opening, _ in table.openings(day))

    def absences(self, day: date) -> list[Exceptional]:
        """Leave on that date, each once although it counts at every centre; whole days, which have no times, first."""
        off = {
            leave
            for table in self.timetables.values()
            for leave in table.exceptions
            if not leave.is_available and leave.covers(day)
        }
        return sorted(off, key=lambda leave: leave.start_time or time.min)

    def closed_centres(self, day: date) -> list[str]:
        """The names of the clinician's centres that have a holiday on that date."""
        return [
            centre.name
            for centre in self.clinician.centres
            if centre.id in self.timetables and day in self.timetables[centre.id].holidays
        ]


def own_clinician(session: Session) -> Clinician:
    """The clinician who is signed in, with the centres."""
    return get_manageable(session, g.actor, g.actor.clinician_id or 0)


def read(session: Session, clinician: Clinician, first: date, last: date, at: datetime) -> Diary:
    """The diary of the dates from first to last, both included, and all requests that wait, in two queries."""
    begins, _ = clock.day_bounds(first, clinician.zone)
    _, ends = clock.day_bounds(last, clinician.zone)
    asked = {"clinician": clinician.id, "begins": begins, "ends": ends, "at": at}
    visits = read_visits(session, _visits(g.actor), asked, at)
    tables = roster(session, [clinician.id], first, last).timetables
    return Diary(clinician, visits, {centre_id: table for (_, centre_id), table in tables.items()}, at)


# Built once for each clinician: putting it together costs more than running it.
@lru_cache(maxsize=256)
def _visits(actor: Actor) -> Select[*tuple[Any, ...]]:
    """What begins between two instants and is not cancelled, and whatever is to come and has yet to be accepted."""
    begins, ends, at = (bindparam(name, type_=DateTime(timezone=True)) for name in ("begins", "ends", "at"))
    within = and_(
        Appointment.starts_at >= begins, Appointment.starts_at < ends, Appointment.status != Status.CANCELLED
    )
    waits = and_(Appointment.status == Status.PENDING, Appointment.starts_at >= at, queries.BOOKED)
    is_own = Appointment.clinician_id == bindparam("clinician", type_=BigInteger)
    return visits_where(is_own, queries.visible_to(actor), or_(within, waits))
