"""The first suitable times across clinicians: a few of each of the next days on which there are any."""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability
from portal.appointments.models import SessionType
from portal.appointments.slots import Slot
from portal.core import clock
from portal.web.desk.offerings import Catalogue, Offering

DAYS_AHEAD = 28
DAYS_SHOWN = 5
TIMES_SHOWN = 3
ZONES_APART = 2


@dataclass(frozen=True)
class Suggestion:
    """A free time and what to call it; `place` is the centre's name, empty online; times are of `zone`."""

    slot: Slot
    clinician: str
    place: str
    zone: ZoneInfo
    service: str


@dataclass(frozen=True)
class SuggestedDay:
    """The times of a date: the first few, or all of them; `count` is how many there are."""

    on: date
    times: Sequence[Suggestion]
    count: int

    @property
    def has_more(self) -> bool:
        return self.count > len(self.times)


@dataclass(frozen=True)
class Suggestions:
    """`first` and `last` are the dates looked at; `next_on` is where to go on looking; `is_other` says that these are
    times of other services, since the one asked for has none."""

    days: Sequence[SuggestedDay]
    first: date
    last: date
    next_on: date
    zones: Sequence[ZoneInfo]
    is_other: bool


@dataclass(frozen=True)
class Search:
    """Where to look: from a date on, for so many days, at one centre or any, `on` being a date to show in full."""

    first: date
    centre_id: int | None = None
    on: date | None = None
    session_type: SessionType | None = None
    days: int = DAYS_AHEAD


def suggest(
    session: Session,
    catalogue: Catalogue,
    offerings: Sequence[Offering],
    search: Search,
    asking: Asking,
    *,
    otherwise: Sequence[Offering] = (),
) -> Suggestions:
    """Look through those days at most, in three queries, and no further than needed.

    Where nothing of the offerings is free, the times are those of `otherwise`.
    """
    last = search.first + timedelta(days=search.days - 1)
    clinicians = list({one.clinician.id: one.clinician for one in (*offerings, *otherwise)}.values())
    availability = Availability(session, clinicians, search.first, last, asking, centre_id=search.centre_id)
    by_day = _by_day(catalogue, availability, offerings, search.session_type)
    is_other = not by_day
    if is_other:
        by_day = _by_day(catalogue, availability, otherwise, search.session_type)
    days = [
        SuggestedDay(on, times if on == search.on else times[:TIMES_SHOWN], len(times))
        for on, times in by_day.items()
    ]
    next_on = (days[-1].on if len(days) == DAYS_SHOWN else last) + timedelta(days=1)
    zones = {time.zone for day in days for time in day.times}
    return Suggestions(days, search.first, last, next_on, sorted(zones, key=str), is_other)


def _by_day(
    catalogue: Catalogue,
    availability: Availability,
    offerings: Sequence[Offering],
    session_type: SessionType | None,
) -> dict[date, list[Suggestion]]:
    """Times by date on the wall. A few dates more than shown are read: elsewhere the same date ends later."""
    each = (_times_of(catalogue, availability, one, session_type) for one in offerings)
    by_day: dict[date, list[Suggestion]] = defaultdict(list)
    for time in heapq.merge(*each, key=lambda time: (time.slot.starts_at, time.clinician)):
        on = clock.local_day(time.slot.starts_at, time.zone)
        if on not in by_day and len(by_day) == DAYS_SHOWN + ZONES_APART:
            break
        by_day[on].append(time)
    return {on: by_day[on] for on in sorted(by_day)[:DAYS_SHOWN]}


def _times_of(
    catalogue: Catalogue, availability: Availability, one: Offering, session_type: SessionType | None
) -> Iterator[Suggestion]:
    for slot in availability.free(one.service):
        if slot.centre_id is None and session_type is SessionType.IN_PERSON:
            continue
        centre = catalogue.centres.get(slot.centre_id) if slot.centre_id else None
        zone = centre.zone if centre else one.clinician.zone
        yield Suggestion(slot, one.clinician.full_name, centre.name if centre else "", zone, one.title)
