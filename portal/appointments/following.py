"""What follows a visit: the free times of the coming weeks, and which visit another one followed up."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability
from portal.appointments.models import Appointment
from portal.appointments.queries import BOOKED, visible_to
from portal.appointments.slots import Slot
from portal.core import clock
from portal.core.permissions import Actor

IN_WEEKS = (1, 2, 4, 6)
NEAREST = 2
WITHIN, A_WEEK = timedelta(days=3), timedelta(weeks=1)


@dataclass(frozen=True)
class NextTimes:
    """In so many weeks: the same hour alone where it is free, else the nearest free times around that date."""

    weeks: int
    wanted: datetime
    slots: Sequence[Slot]

    @property
    def is_same_hour(self) -> bool:
        return any(slot.starts_at == self.wanted for slot in self.slots)


def next_times(session: Session, visit: Appointment, asking: Asking) -> list[NextTimes]:
    """When the same service of the same clinician at the same place could follow: three queries for all weeks.

    Weeks count from the visit, or, once it is past, from the last such weekday. Empty where nothing can be booked.
    """
    if not (visit.service.is_active and visit.clinician.is_active and visit.clinician.is_accepting):
        return []
    first = _counted_from(visit, asking.at)
    last = first + A_WEEK * max(IN_WEEKS) + WITHIN
    near = Availability(session, [visit.clinician], first, last, asking)
    free = [slot for slot in near.free(visit.service) if slot.centre_id == visit.centre_id]
    return [_around(weeks, _same_hour(visit, first + A_WEEK * weeks), free) for weeks in IN_WEEKS]


def followed(session: Session, actor: Actor, visit: Appointment) -> Appointment | None:
    """The visit that this one follows up, if it does and the actor may see that; at most one query."""
    if visit.follow_up_of_id is None:
        return None
    mine = select(Appointment).where(Appointment.id == visit.follow_up_of_id, BOOKED, visible_to(actor))
    return session.scalar(mine)


def _counted_from(visit: Appointment, at: datetime) -> date:
    on, today = (clock.local_day(instant, visit.zone) for instant in (visit.starts_at, at))
    weeks_past = max(0, (today - on).days) // 7
    return on + A_WEEK * weeks_past


def _same_hour(visit: Appointment, on: date) -> datetime:
    # An hour that the clocks showed twice is no wish for the dates after it.
    hour = clock.local(visit.starts_at, visit.zone).time().replace(fold=0)
    return clock.at(on, hour, visit.zone)


def _around(weeks: int, wanted: datetime, free: Iterable[Slot]) -> NextTimes:
    near = [slot for slot in free if abs(slot.starts_at - wanted) <= WITHIN]
    same = [slot for slot in near if slot.starts_at == wanted]
    nearest = heapq.nsmallest(NEAREST, near, key=lambda slot: (abs(slot.starts_at - wanted), slot.starts_at))
    return NextTimes(weeks, wanted, same or sorted(nearest, key=lambda slot: slot.starts_at))
