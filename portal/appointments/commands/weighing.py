"""What a change to hours, rules or services would do, found out by making it and taking it back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability
from portal.appointments.commands.stranding import ids_outside_hours
from portal.core import clock
from portal.people.models import Clinician
from portal.scheduling.intervals import Interval, merged
from portal.scheduling.queries import services_of

FOUR_WEEKS = timedelta(days=28)


@dataclass(frozen=True)
class Extent:
    """In four weeks: minutes at work, and how many times patients are offered."""

    worked_minutes: int
    times: int


@dataclass(frozen=True)
class Effect:
    """The four weeks from `first_on` before and after a change, and the ids of the appointments it would strand."""

    first_on: date
    last_on: date
    before: Extent
    after: Extent
    stranded_ids: frozenset[int]


def weigh(
    session: Session,
    clinician: Clinician,
    change: Callable[[], object],
    *,
    at: datetime,
    from_on: date | None = None,
) -> Effect:
    """What the change would do to the four weeks from today, or from a later date; nothing is changed.

    Raises whatever the change refuses.
    """
    today = clock.local_day(at, clinician.zone)
    first = max(from_on or today, today)
    before, outside = _extent(session, clinician, first, at), ids_outside_hours(session, [clinician], at=at)
    trial = session.begin_nested()
    try:
        change()
        session.flush()
        after = _extent(session, clinician, first, at)
        stranded = ids_outside_hours(session, [clinician], at=at) - outside
    finally:
        trial.rollback()
    return Effect(first, first + FOUR_WEEKS - _DAY, before, after, frozenset(stranded))


def _extent(session: Session, clinician: Clinician, first: date, at: datetime) -> Extent:
    last = first + FOUR_WEEKS - _DAY
    found = Availability(session, [clinician], first, last, Asking(at))
    days = [first + timedelta(days=number) for number in range(FOUR_WEEKS.days)]
    worked: list[Interval] = merged(
        opening
        for timetable in found.timetables.values()
        for day in days
        for opening, _ in timetable.openings(day)
    )
    length = sum((opening.end - opening.start for opening in worked), timedelta())
    services = services_of(session, clinician.id)
    starts = {(slot.centre_id, slot.starts_at) for service in services for slot in found.free(service)}
    return Extent(length // timedelta(minutes=1), len(starts))


_DAY = timedelta(days=1)
