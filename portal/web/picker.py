"""What the month calendar and the times of a day are drawn from, wherever a time is chosen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability
from portal.appointments.nearest import LAST_LOOK
from portal.appointments.slots import Slot
from portal.core import clock
from portal.people.models import Clinician
from portal.scheduling.models import Service
from portal.web import arguments, timegrid

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Times:
    """The chosen day's times; `later` is the next free one when its whole month has none."""

    zone: ZoneInfo
    day: date | None
    slots: Sequence[Slot]
    later: Slot | None = None


@dataclass(frozen=True, kw_only=True)
class Picker(Times):
    """A month with the number of free times of each day, the chosen day's times, and where one can go from there.

    `first` is the first free time of all.
    """

    month: timegrid.Month
    first: Slot | None
    previous_month: date | None
    next_month: date | None

    def query(self, **changes: object) -> dict[str, object]:
        """The page's own arguments with some changed; None takes one away."""
        merged = {**request.args.to_dict(), **changes}
        return {name: value for name, value in merged.items() if value is not None}


def pick(
    session: Session,
    clinician: Clinician,
    service: Service,
    asking: Asking,
    *,
    zone: ZoneInfo,
    centre_id: int | None = None,
    leaving_out: datetime | None = None,
    opening_on: date | None = None,
) -> Picker:
    """Read ?month= and ?day= and find the free times for them, in the zone's calendar.

    Without either, the day `opening_on` is shown, or that of the first free time. The start `leaving_out` is not
    offered. Three queries.
    """
    today = clock.local_day(asking.at, zone)
    day, month = arguments.day("day") or opening_on, arguments.month("month")
    last = max(today + LAST_LOOK, _next(month or day or today) + ONE_DAY)
    availability = Availability(session, [clinician], today - ONE_DAY, last, asking, centre_id=centre_id)
    offered = (slot for slot in availability.free(service) if slot.starts_at != leaving_out)
    earliest = next(offered, None)
    month = month or (day or _day_of(earliest, zone) or today).replace(day=1)
    around_it = availability.free(service, first=month - ONE_DAY, last=_next(month))
    days = _by_day((slot for slot in around_it if slot.starts_at != leaving_out), month, zone)
    later = next(availability.free(service, first=_next(month)), None) if not days else None
    counts = {on: len(slots) for on, slots in days.items()}
    chosen = day if day and day.replace(day=1) == month else min(counts, default=None)
    horizon = _last_day(availability, clinician, asking, zone) or today
    return Picker(
        zone=zone,
        month=timegrid.month(month, counts, today=today, selected=chosen),
        day=chosen,
        slots=days.get(chosen, []) if chosen else [],
        first=earliest,
        later=later or earliest if not days else None,
        previous_month=_previous(month) if month > today.replace(day=1) else None,
        next_month=_next(month) if _next(month) <= horizon else None,
    )


def times_of(
    session: Session,
    clinician: Clinician,
    service: Service,
    asking: Asking,
    day: date,
    *,
    zone: ZoneInfo,
    centre_id: int | None = None,
) -> Times:
    """The free times of that date in the zone's calendar, where no other is looked at. Three queries."""
    around_it = (day - ONE_DAY, day + ONE_DAY)
    availability = Availability(session, [clinician], *around_it, asking, centre_id=centre_id)
    free = availability.free(service)
    return Times(
        zone=zone, day=day, slots=[slot for slot in free if clock.local_day(slot.starts_at, zone) == day]
    )


def _by_day(slots: Iterable[Slot], month: date, zone: ZoneInfo) -> dict[date, list[Slot]]:
    """Those of that month, by its dates in the zone."""
    days: dict[date, list[Slot]] = {}
    for slot in slots:
        on = clock.local_day(slot.starts_at, zone)
        if (on.year, on.month) == (month.year, month.month):
            days.setdefault(on, []).append(slot)
    return days


def _last_day(
    availability: Availability, clinician: Clinician, asking: Asking, zone: ZoneInfo
) -> date | None:
    rules = availability.rules.get(clinician.id)
    return clock.local_day(asking.window(rules).closes_at, zone) if rules else None


def _day_of(slot: Slot | None, zone: ZoneInfo) -> date | None:
    return clock.local_day(slot.starts_at, zone) if slot else None


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _previous(month: date) -> date:
    return (month - ONE_DAY).replace(day=1)
