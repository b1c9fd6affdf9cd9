"""Which times are offered: working time from scheduling, less what is booked. Lists and bookings ask here alike."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from sqlalchemy import ARRAY, BigInteger, DateTime, any_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from portal.appointments.models import Occupancy
from portal.appointments.slots import Slot, SlotKey
from portal.core import clock
from portal.core.db import read_columns
from portal.people.models import Clinician, Patient
from portal.scheduling.intervals import Interval, merged, overlaps_any
from portal.scheduling.queries import Offered, shape_of
from portal.scheduling.rosters import BookingRules, Place, Roster, roster
from portal.scheduling.rules import Refusal, Shape, Timetable, Window

T = TypeVar("T")
LONGEST_VISIT = timedelta(hours=12)
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Asking:
    """Who asks, and when. Staff are not bound by notice and horizon. `resource_id` is the patient's own, whose other
    appointments are in the way; `ignoring` is an appointment that is not: the one being moved or held."""

    at: datetime
    is_staff: bool = False
    patient_resource_id: int | None = None
    ignoring: int | None = None

    @classmethod
    def for_patient(cls, patient: Patient | None, at: datetime, *, ignoring: int | None = None) -> "Asking":
        return cls(at, patient_resource_id=patient.resource_id if patient else None, ignoring=ignoring)

    def window(self, rules: BookingRules) -> Window:
        if self.is_staff:
            return Window.for_staff(self.at)
        return Window.for_patients(self.at, rules.notice_hours, rules.advance_days)


def busy(
    session: Session, resource_ids: Collection[int], start: datetime, end: datetime, asking: Asking
) -> dict[int, list[Interval]]:
    """Time given away by resource between two instants, sorted and separate. Holds that have expired do not count."""
    facts = {
        "resource_ids": list(resource_ids),
        "earliest": start - LONGEST_VISIT,
        "start": start,
        "end": end,
        "at": asking.at,
        "ignoring": asking.ignoring or 0,
    }
    taken: dict[int, list[Interval]] = defaultdict(list)
    for resource_id, starts_at, ends_at in read_columns(session, BUSY, facts):
        taken[resource_id].append(Interval(starts_at, ends_at))
    return {resource_id: merged(intervals) for resource_id, intervals in taken.items()}


LOWER, UPPER = func.lower(Occupancy.during), func.upper(Occupancy.during)
INSTANT = DateTime(timezone=True)

# Built once: putting it together costs more than running it. `earliest` lets the index on the lower bound serve.
BUSY = select(Occupancy.resource_id, LOWER, UPPER).where(
    Occupancy.resource_id == any_(bindparam("resource_ids", type_=ARRAY(BigInteger))),
    bindparam("earliest", type_=INSTANT) < LOWER,
    bindparam("end", type_=INSTANT) > LOWER,
    bindparam("start", type_=INSTANT) < UPPER,
    or_(Occupancy.held_until.is_(None), Occupancy.held_until > bindparam("at", type_=INSTANT)),
    Occupancy.appointment_id != bindparam("ignoring", type_=BigInteger),
)


class Working(Protocol):
    """A clinician, as an entity or as values, and what gives their time away."""

    @property
    def id(self) -> int: ...
    @property
    def resource_id(self) -> int: ...


class Availability:
    """Free times of some clinicians between two dates, both included: two queries, whatever is asked afterwards.

    `known` is their roster for these dates if it has been read already; then it is one query.
    """

    def __init__(
        self,
        session: Session,
        clinicians: Sequence[Working],
        first: date,
        last: date,
        asking: Asking,
        *,
        centre_id: int | None = None,
        known: Roster | None = None,
    ) -> None:
        self.first, self.last, self.asking = first, last, asking
        ids = [clinician.id for clinician in clinicians]
        found = known or roster(session, ids, first, last, centre_id=centre_id)
        self.rules = found.rules
        wanted = [clinician.resource_id for clinician in clinicians]
        if asking.patient_resource_id:
            wanted.append(asking.patient_resource_id)
        # Dates begin at different instants in different zones: a day more on either side covers all of them.
        start, end = (clock.midnight(day, clock.zone("UTC")) for day in (first - A_DAY, last + 2 * A_DAY))
        taken = busy(session, wanted, start, end, asking) if wanted else {}
        self.busy = {clinician.id: taken.get(clinician.resource_id, []) for clinician in clinicians}
        self.engaged = taken.get(asking.patient_resource_id or 0, [])
        self.timetables: dict[Place, Timetable] = {
            place: timetable.given_away(self.busy[place[0]], self.engaged)
            for place, timetable in found.timetables.items()
            if place[0] in self.busy
        }

    def free(
        self, service: Offered, *, first: date | None = None, last: date | None = None
    ) -> Iterator[Slot]:
        """Slots of a service in order of start, over all centres that were asked about."""
        each = [
            self._free_at(place, timetable, service, first or self.first, last or self.last)
            for place, timetable in self._places(service)
        ]
        return _in_order(each, _start)

    def told(self, service: Offered) -> Iterator[tuple[Slot, bool]]:
        """As `free`, with the slots that are taken; and whether each is free."""
        each = [self._told_at(place, timetable, service) for place, timetable in self._places(service)]
        return _in_order(each, lambda told: told[0].starts_at)

    def first_free(self, services: Iterable[Offered]) -> Slot | None:
        """The earliest slot of any of these services."""
        firsts = (next(self.free(service), None) for service in services)
        return min((slot for slot in firsts if slot), key=_start, default=None)

    def refusal(self, key: SlotKey, service: Offered) -> Refusal | None:
        """Why that slot is not offered; None when it is."""
        timetable = self.timetables.get((key.clinician_id, key.centre_id))
        rules = self.rules.get(key.clinician_id)
        if timetable is None or rules is None:
            return Refusal.OUTSIDE_HOURS
        window = self.asking.window(rules)
        return timetable.refusal(key.starts_at, shape_of(service), window, self.asking.at)

    def is_worked(self, key: SlotKey, service: Offered) -> bool:
        """Is that one of the clinician's times for the service, whatever is booked, and however near or far?"""
        timetable = self.timetables.get((key.clinician_id, key.centre_id))
        if timetable is None or not (key.centre_id is not None or service.is_online):
            return False
        just_then = Window(key.starts_at, key.starts_at + timedelta(minutes=1))
        refusal = timetable.refusal(key.starts_at, shape_of(service), just_then, self.asking.at)
        return refusal in {None, Refusal.TAKEN, Refusal.ENGAGED}

    def off_duty(self, key: SlotKey, visit: Interval) -> Refusal | None:
        """Why the clinician does not work there during the whole visit; None when they do, whatever is booked."""
        timetable = self.timetables.get((key.clinician_id, key.centre_id))
        return timetable.off_duty(visit) if timetable else Refusal.OUTSIDE_HOURS

    def clashes(self, key: SlotKey, service: Offered) -> bool:
        """Is some of the clinician's time for that visit given away already, whatever the hours?"""
        visit = Interval(key.starts_at, key.starts_at + shape_of(service).length)
        return overlaps_any(self.busy[key.clinician_id], shape_of(service).occupied(visit))

    def is_engaged(self, key: SlotKey, service: Offered) -> bool:
        """Is the patient who asks somewhere else during that visit?"""
        return overlaps_any(self.engaged, Interval(key.starts_at, key.starts_at + shape_of(service).length))

    def verdicts(self, key: SlotKey, service: Offered) -> dict[Refusal, bool | None]:
        """Every rule as it holds for patients, and whether that start keeps it.

        None where another rule leaves nothing to look at.
        """
        timetable = self.timetables.get((key.clinician_id, key.centre_id))
        rules = self.rules.get(key.clinician_id)
        if timetable is None or rules is None:
            return {
                Refusal.OUTSIDE_HOURS: False,
                Refusal.TAKEN: not self.clashes(key, service),
                Refusal.ENGAGED: not self.is_engaged(key, service),
            }
        window = Window.for_patients(self.asking.at, rules.notice_hours, rules.advance_days)
        found: dict[Refusal, bool | None] = dict(
            timetable.verdicts(key.starts_at, shape_of(service), window, self.asking.at)
        )
        if not all(found[rule] for rule in (Refusal.HOLIDAY, Refusal.OUTSIDE_HOURS, Refusal.LEAVE)):
            found[Refusal.NOT_ON_GRID] = None
        return found

    def _places(self, service: Offered) -> list[tuple[Place, Timetable]]:
        """Where the service can take place."""
        return [
            (place, timetable)
            for place, timetable in self.timetables.items()
            if place[0] == service.clinician_id and (place[1] is not None or service.is_online)
        ]

    def _free_at(
        self, place: Place, timetable: Timetable, service: Offered, first: date, last: date
    ) -> Iterator[Slot]:
        for visit in timetable.free(*self._asked(place, service), first, last):
            yield Slot(*place, service.id, *visit)

    def _told_at(self, place: Place, timetable: Timetable, service: Offered) -> Iterator[tuple[Slot, bool]]:
        shape, window = self._asked(place, service)
        for visit in timetable.worked(shape, window, self.first, self.last):
            yield Slot(*place, service.id, *visit), timetable.is_free(visit, shape)

    def _asked(self, place: Place, service: Offered) -> tuple[Shape, Window]:
        return shape_of(service), self.asking.window(self.rules[place[0]])


def around(
    session: Session, clinician: Clinician, starts_at: datetime, asking: Asking, *, days: int = 1
) -> Availability:
    """The availability of one clinician on the dates around an instant, whatever the zone."""
    day = starts_at.date()
    return Availability(session, [clinician], day - A_DAY * days, day + A_DAY * days, asking)


def _in_order(each: Sequence[Iterator[T]], start: Callable[[T], datetime]) -> Iterator[T]:
    """One after the other, from lists of which each is in order; most people work at one place."""
    return each[0] if len(each) == 1 else heapq.merge(*each, key=start)


def _start(slot: Slot) -> datetime:
    return slot.starts_at
