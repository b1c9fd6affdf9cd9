"""What a clinician's diary is read from: own appointments, working time and leave between two dates."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import g
from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from portal.appointments import queries
from portal.appointments.models import Appointment, Status
from portal.core import clock
from portal.payments.queries import Standing, standing_beside, with_standing
from portal.people.models import Clinician
from portal.people.queries import get_manageable
from portal.scheduling.intervals import Interval, merged
from portal.scheduling.queries import roster
from portal.scheduling.rules import Exceptional, Timetable

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MOST_REQUESTS = 50


@dataclass(frozen=True)
class Diary:
    """Own appointments that are not cancelled, and the timetables by centre, with the clinician's zone for days.

    Requests that wait are among them, whatever their day.

    `standings` says by id how each appointment stands with its money.
    """

    clinician: Clinician
    appointments: list[Appointment]
    standings: dict[int, Standing]
    timetables: dict[int | None, Timetable]
    at: datetime

    @property
    def zone(self) -> ZoneInfo:
        return self.clinician.zone

    @property
    def requests(self) -> list[Appointment]:
        """Coming appointments that wait for the clinician to accept them, the next one first."""
        waiting = (one for one in self.appointments if one.status == Status.PENDING and not one.is_hold)
        return [one for one in waiting if one.starts_at >= self.at][:MOST_REQUESTS]

    @property
    def today(self) -> date:
        return clock.local_day(self.at, self.zone)

    def on(self, day: date) -> list[Appointment]:
        begins, ends = clock.day_bounds(day, self.zone)
        return [appointment for appointment in self.appointments if begins <= appointment.starts_at < ends]

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
    """The diary of the dates from first to last, both included, and all requests that wait, in three queries."""
    begins, _ = clock.day_bounds(first, clinician.zone)
    _, ends = clock.day_bounds(last, clinician.zone)
    standings = {
        appointment: standing_beside(appointment, statuses, is_covered=is_covered)
        for appointment, statuses, is_covered in session.execute(
            with_standing(_own(clinician, begins, ends, at))
        )
        if not appointment.is_expired(at)
    }
    tables = roster(session, [clinician.id], first, last).timetables
    return Diary(
        clinician,
        list(standings),
        {appointment.id: standing for appointment, standing in standings.items()},
        {centre_id: table for (_, centre_id), table in tables.items()},
        at,
    )


def _own(clinician: Clinician, begins: datetime, ends: datetime, at: datetime) -> Select[Appointment]:
    """What begins between two instants and is not cancelled, and whatever is to come and has yet to be accepted."""
    within = and_(
        Appointment.starts_at >= begins, Appointment.starts_at < ends, Appointment.status != Status.CANCELLED
    )
    waits = and_(Appointment.status == Status.PENDING, Appointment.starts_at >= at, queries.BOOKED)
    return (
        select(Appointment)
        .options(*queries.WITH_PEOPLE)
        .where(Appointment.clinician_id == clinician.id, queries.visible_to(g.actor), or_(within, waits))
        .order_by(Appointment.starts_at, Appointment.id)
    )
