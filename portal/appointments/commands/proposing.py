"""What a series would be: each of its dates, whether it can be had, and what else could be had instead."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability
from portal.appointments.commands.offering import Offer, asking_for, check_may_book_for, find_offer
from portal.appointments.recurring import FEWEST, MOST, starts_of
from portal.appointments.series_models import Rhythm
from portal.appointments.slots import Slot, SlotKey
from portal.core import clock
from portal.core.errors import Invalid, _
from portal.core.permissions import Actor
from portal.people.models import Patient
from portal.scheduling.intervals import Interval
from portal.scheduling.queries import shape_of
from portal.scheduling.rules import Refusal

NEARBY = timedelta(days=14)
"""So far from its date a visit may be instead; so long after it the next free time is looked for."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pattern:
    """What is to repeat from which time on. `instead` has by a visit's number another start, or none: left out."""

    first: SlotKey
    rhythm: Rhythm
    count: int
    instead: Mapping[int, datetime | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposed:
    """One date of a series. `starts_at` is what is chosen for it; none where it is left out.

    `refusal` says why that cannot be had; `same_day` are the free times of the date, `next_free` is one after it.
    """

    number: int
    planned_at: datetime
    starts_at: datetime | None
    refusal: Refusal | None
    same_day: Sequence[Slot]
    next_free: Slot | None

    @property
    def is_in_the_way(self) -> bool:
        return self.starts_at is not None and self.refusal is not None


@dataclass(frozen=True)
class Proposal:
    """All dates of a series, in order."""

    offer: Offer
    visits: Sequence[Proposed]

    @property
    def starts(self) -> list[datetime]:
        """What would be booked, in order of time."""
        return sorted(visit.starts_at for visit in self.visits if visit.starts_at is not None)

    @property
    def in_the_way(self) -> list[Proposed]:
        """The dates that nobody can have as they are."""
        return [visit for visit in self.visits if visit.is_in_the_way]


def propose(session: Session, pattern: Pattern, *, patient: Patient, by: Actor, at: datetime) -> Proposal:
    """Look at each date of a series; changes nothing, and takes as many queries for all dates as for two.

    Raises Invalid for a number of visits that cannot be and a time too far from its date, NotBookable, and Forbidden
    for who may not book there.
    """
    if not FEWEST <= pattern.count <= MOST:
        raise Invalid(details={"count": _("Choose from 2 to 26 visits.")})
    offer = find_offer(session, pattern.first)
    check_may_book_for(session, offer, patient, by)
    planned = starts_of(pattern.first.starts_at, pattern.rhythm, pattern.count, clock.zone(offer.time_zone))
    _check_nearby(pattern, planned)
    chosen = [pattern.instead.get(number, start) for number, start in enumerate(planned, start=1)]
    return Proposal(offer, list(_Look(session, offer, planned, asking_for(patient, by, at)).at_each(chosen)))


def _check_nearby(pattern: Pattern, planned: Sequence[datetime]) -> None:
    for number, start in pattern.instead.items():
        if not 1 <= number <= len(planned):
            raise Invalid(details={"instead": _("There is no visit of that number.")})
        if start is not None and abs(start - planned[number - 1]) > NEARBY:
            raise Invalid(details={"instead": _("Choose a time within two weeks of the date.")})


class _Look:
    """What is free around the dates, read once. The visits of the series are in each other's way as well."""

    def __init__(self, session: Session, offer: Offer, planned: Sequence[datetime], asking: Asking) -> None:
        self.offer, self.planned = offer, planned
        self.zone, self.shape = clock.zone(offer.time_zone), shape_of(offer.service)
        first, last = planned[0].date() - NEARBY - ONE_DAY, planned[-1].date() + NEARBY + ONE_DAY
        centre_id = offer.key.centre_id
        self.found = Availability(session, [offer.clinician], first, last, asking, centre_id=centre_id)

    def at_each(self, chosen: Sequence[datetime | None]) -> Iterator[Proposed]:
        kept: dict[int, Interval] = {}
        refusals: list[Refusal | None] = []
        for number, start in enumerate(chosen):
            refusals.append(self._refusal(start, list(kept.values())) if start else None)
            if start and refusals[number] is None:
                kept[number] = self._taken(start)
        for number, planned in enumerate(self.planned):
            others = [taken for which, taken in kept.items() if which != number]
            day = clock.local_day(planned, self.zone)
            same_day = list(self._free(day, day, others))
            is_as_planned = refusals[number] is None and chosen[number] == planned
            later = iter(()) if is_as_planned else self._free(day + ONE_DAY, day + NEARBY - ONE_DAY, others)
            yield Proposed(number + 1, planned, chosen[number], refusals[number], same_day, next(later, None))

    def _refusal(self, start: datetime, kept: Sequence[Interval]) -> Refusal | None:
        """Two visits of the series at one time would be one too many for the patient, too."""
        if any(self._taken(start).overlaps(taken) for taken in kept):
            return Refusal.ENGAGED
        return self.found.refusal(replace(self.offer.key, starts_at=start), self.offer.service)

    def _free(self, first: date, last: date, others: Sequence[Interval]) -> Iterator[Slot]:
        free = self.found.free(self.offer.service, first=first, last=last)
        fitting = (
            slot for slot in free if not any(self._taken(slot.starts_at).overlaps(one) for one in others)
        )
        return islice(fitting, MOST_TIMES)

    def _taken(self, start: datetime) -> Interval:
        return self.shape.occupied(Interval(start, start + self.shape.length))


MOST_TIMES = 100
"""More free times of a day nobody reads through."""
