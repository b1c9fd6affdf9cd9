"""Who is offered which time. Facts in, answer out: no session, no clock.

The order is that of joining: whoever has waited longest is asked first, and is passed over only for what they do not
want, cannot have, or have been asked already.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.appointments.slots import Slot
from portal.core import clock
from portal.scheduling.intervals import Interval, overlaps_any
from portal.waiting_list.models import PartOfDay

SHORTEST_OFFER = timedelta(minutes=10)
"""Nobody is asked who has less time than this to answer."""
TIME_TO_ANSWER_AWAKE = timedelta(minutes=30)
"""What must be left after the night of a time that waits for the morning."""
NOON, EVENING = 12, 17

QuietUntil = Callable[[datetime, ZoneInfo], datetime | None]


@dataclass(frozen=True)
class Practice:
    """How the practice offers times. `quiet_until` answers when the quiet hours end that an instant lies in."""

    offer_minutes: int
    offers_a_day: int
    quiet_until: QuietUntil


@dataclass(frozen=True)
class Waiter:
    """Somebody who waits, as facts. `before` is the start of the visit that would move, `movable_until` the instant
    until which its patient may move it; `services` are those that would do."""

    entry_id: int
    services: frozenset[int]
    centre_id: int | None
    weekdays: Collection[int]
    parts: Collection[str]
    last_on: date | None
    before: datetime | None
    movable_until: datetime | None
    zone: ZoneInfo
    offers_left: int
    asked: frozenset[datetime] = frozenset()
    busy: Sequence[Interval] = field(default=())

    def wants(self, slot: Slot, zone: ZoneInfo) -> bool:
        """Does that time fit what they said, and their diary? `zone` is that of the place."""
        local = clock.local(slot.starts_at, zone)
        return (
            slot.service_id in self.services
            and slot.centre_id == self.centre_id
            and local.isoweekday() in self.weekdays
            and part_of_day(local) in self.parts
            and (self.last_on is None or local.date() <= self.last_on)
            and (self.before is None or slot.ends_at <= self.before)
            and not overlaps_any(self.busy, Interval(slot.starts_at, slot.ends_at))
        )


def part_of_day(local: datetime) -> PartOfDay:
    """The part of the day of a wall time."""
    if local.hour < NOON:
        return PartOfDay.MORNING
    return PartOfDay.AFTERNOON if local.hour < EVENING else PartOfDay.EVENING


@dataclass(frozen=True)
class Match:
    """A time for somebody, to be answered until `expires_at`."""

    waiter: Waiter
    slot: Slot
    expires_at: datetime


def matches(
    slots: Iterable[Slot],
    waiters: Sequence[Waiter],
    *,
    zone_of: Callable[[Slot], ZoneInfo],
    notice: timedelta,
    practice: Practice,
    at: datetime,
) -> Iterator[Match]:
    """Which of these free times, in order of start, is offered to whom: each to one, and nobody gets two.

    `waiters` stand in the order of joining. A time whose first in line sleeps is left until they wake, unless that
    would be too late.
    """
    left = [waiter for waiter in waiters if waiter.offers_left > 0]
    given: list[Interval] = []
    for slot in slots:
        if not left:
            return
        visit = Interval(slot.starts_at, slot.ends_at)
        if overlaps_any(given, visit):
            continue
        match = _first(slot, left, zone=zone_of(slot), notice=notice, practice=practice, at=at)
        if match is not None:
            given = sorted([*given, visit], key=lambda one: one.start)
            left.remove(match.waiter)
            yield match


def _first(
    slot: Slot,
    waiters: Sequence[Waiter],
    *,
    zone: ZoneInfo,
    notice: timedelta,
    practice: Practice,
    at: datetime,
) -> Match | None:
    for waiter in waiters:
        if slot.starts_at in waiter.asked or not waiter.wants(slot, zone):
            continue
        latest = min(filter(None, (slot.starts_at - notice, waiter.movable_until)))
        wakes_at = practice.quiet_until(at, waiter.zone)
        if wakes_at is not None and wakes_at + TIME_TO_ANSWER_AWAKE <= latest:
            return None
        # Whole minutes, as holds are made of.
        minutes = min(practice.offer_minutes, (latest - at) // timedelta(minutes=1))
        expires_at = at + timedelta(minutes=minutes)
        if expires_at - at >= min(SHORTEST_OFFER, timedelta(minutes=practice.offer_minutes)):
            return Match(waiter, slot, expires_at)
    return None
