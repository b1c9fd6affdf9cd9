"""A second opinion on free times: slow, simple, and made of minutes.

It walks through the UTC minutes of a day, reads the wall clock of the zone at each, and knows nothing of intervals.
A wall time that occurs twice means the first; one that is skipped moves on by what was skipped.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from portal.scheduling.rules import Exceptional, Hours, Refusal, Shape, Timetable, Window

MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number(instant: datetime) -> int:
    """The minute that an instant lies in, counted from 1970."""
    return (instant - EPOCH) // MINUTE


def minutes_touched(start: datetime, end: datetime) -> set[int]:
    """Every minute of which some part lies between two instants."""
    return set(range(number(start), -((EPOCH - end) // MINUTE)))


@lru_cache(maxsize=512)
def readings(day: date, zone: ZoneInfo) -> list[tuple[int, datetime]]:
    """The minutes of a local date, each with what a clock on the wall shows then."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    instants = (start + MINUTE * count for count in range(54 * 60))
    shown = ((number(instant), instant.astimezone(zone).replace(tzinfo=None)) for instant in instants)
    return [(minute, wall) for minute, wall in shown if wall.date() == day]


@lru_cache(maxsize=4096)
def minute_of(day: date, wall: time, zone: ZoneInfo) -> int:
    """The minute at which a clock in the zone first shows that time on that date."""
    wanted = datetime.combine(day, wall)
    before: datetime | None = None
    for minute, shown in readings(day, zone):
        if shown == wanted:
            return minute
        if before is not None and before < wanted < shown:
            return minute + (wanted - before) // MINUTE - 1
        before = shown
    raise AssertionError(f"{zone} has no {wanted}")


@dataclass(frozen=True)
class Day:
    """The minutes of working time by the step of the hours they come from, those of leave, and the starts."""

    worked: dict[int | None, set[int]]
    leave: set[int]
    starts: set[int]


@dataclass(frozen=True)
class Oracle:
    timetable: Timetable
    shape: Shape
    window: Window
    at: datetime
    known: dict[date, Day] = field(default_factory=dict, repr=False)

    def listed(self, days: list[date]) -> set[datetime]:
        """The starts that a patient is to be offered on these dates."""
        starts = {EPOCH + MINUTE * minute for day in days for minute in self._day(day).starts}
        return {start for start in starts if self.refusal(start) is None}

    def refusal(self, start: datetime) -> Refusal | None:
        """What is wrong with a start, looked for in the documented order."""
        if start < self.window.opens_at:
            return Refusal.PAST if start < self.at else Refusal.TOO_SOON
        if start >= self.window.closes_at:
            return Refusal.TOO_FAR
        return self._not_worked(start) or self._given_away(start)

    def _not_worked(self, start: datetime) -> Refusal | None:
        day = start.astimezone(self.timetable.zone).date()
        visit = minutes_touched(start, start + self.shape.length)
        if day in self.timetable.holidays:
            return Refusal.HOLIDAY
        if not any(visit <= worked for worked in self._day(day).worked.values()):
            return Refusal.OUTSIDE_HOURS
        if visit & self._day(day).leave:
            return Refusal.LEAVE
        is_on_grid = start.second == 0 and number(start) in self._day(day).starts
        return None if is_on_grid else Refusal.NOT_ON_GRID

    def _given_away(self, start: datetime) -> Refusal | None:
        end = start + self.shape.length
        before = timedelta(minutes=self.shape.before_minutes)
        after = timedelta(minutes=self.shape.after_minutes)
        if any(start - before < busy.end and busy.start < end + after for busy in self.timetable.busy):
            return Refusal.TAKEN
        if any(start < other.end and other.start < end for other in self.timetable.engaged):
            return Refusal.ENGAGED
        return None

    def _day(self, day: date) -> Day:
        if day not in self.known:
            worked, leave = self._rostered(day), self._leave(day)
            self.known[day] = Day(worked, leave, self._grid(day, worked, leave))
        return self.known[day]

    def _grid(self, day: date, rostered: dict[int | None, set[int]], leave: set[int]) -> set[int]:
        if day in self.timetable.holidays:
            return set()
        starts: set[int] = set()
        for slot_minutes, worked in rostered.items():
            open_minutes = worked - leave
            visit = self.shape.before_minutes + self.shape.minutes + self.shape.after_minutes
            for first in (minute for minute in open_minutes if minute - 1 not in open_minutes):
                start = first
                while set(range(first, start + self.shape.minutes)) <= open_minutes:
                    starts.add(start)
                    start += slot_minutes or visit
        return starts

    def _rostered(self, day: date) -> dict[int | None, set[int]]:
        worked: dict[int | None, set[int]] = {}
        for hours in self.timetable.hours:
            if falls_on(hours, day):
                span = self._span(day, hours.start_time, hours.end_time)
                worked.setdefault(hours.slot_minutes, set()).update(span)
        for extra in self._exceptions(day, is_available=True):
            worked.setdefault(None, set()).update(self._span(day, extra.start_time, extra.end_time))
        return worked

    def _leave(self, day: date) -> set[int]:
        return {
            minute
            for off in self._exceptions(day, is_available=False)
            for minute in self._span(day, off.start_time, off.end_time)
        }

    def _exceptions(self, day: date, *, is_available: bool) -> list[Exceptional]:
        return [
            one
            for one in self.timetable.exceptions
            if one.is_available is is_available and one.starts_on <= day <= one.ends_on
        ]

    def _span(self, day: date, start: time | None, end: time | None) -> range:
        zone = self.timetable.zone
        if start is None or end is None:
            whole = [minute for minute, _ in readings(day, zone)]
            return range(whole[0], whole[-1] + 1)
        return range(minute_of(day, start, zone), minute_of(day, end, zone))


def falls_on(hours: Hours, day: date) -> bool:
    """Is it the weekday, and, where only one week of the month counts, so manieth of its month?"""
    if day.isoweekday() != hours.weekday:
        return False
    same = [day.replace(day=number) for number in range(1, day.day + 1)]
    nth = sum(1 for other in same if other.weekday() == day.weekday())
    return hours.week_of_month in (None, nth)
