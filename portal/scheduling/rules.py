"""Free times: one pure function for the page, the hold, the confirmation, the front desk and the API.

No session, no clock: the facts come in as values (`Timetable`), free times go out. Wall times become instants in
the zone of the centre they belong to; everything after that is arithmetic on UTC instants.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from portal.core import clock
from portal.scheduling.intervals import START, Interval, merged, overlaps_any, without

FURTHEST_AHEAD = timedelta(days=5 * 365 + 1)
"""Leave, extra hours and holidays further away are a slip of the keyboard."""


class Refusal(StrEnum):
    """Why a start is not offered, in the order in which reasons are looked for."""

    PAST = "PAST"
    TOO_SOON = "TOO_SOON"
    TOO_FAR = "TOO_FAR"
    HOLIDAY = "HOLIDAY"
    OUTSIDE_HOURS = "OUTSIDE_HOURS"
    LEAVE = "LEAVE"
    NOT_ON_GRID = "NOT_ON_GRID"
    TAKEN = "TAKEN"
    ENGAGED = "ENGAGED"


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of a weekday (ISO: 1 is Monday), in wall time; in one week of the month only if `week_of_month` is set."""

    weekday: int
    start_time: time
    end_time: time
    week_of_month: int | None = None
    slot_minutes: int | None = None

    def fall_on(self, day: date) -> bool:
        return day.isoweekday() == self.weekday and self.week_of_month in (None, (day.day - 1) // 7 + 1)


@dataclass(frozen=True, slots=True)
class Exceptional:
    """Leave, or extra hours, on each of the dates from `starts_on` to `ends_on`, both included.

    The `reason` changes no time.
    """

    starts_on: date
    ends_on: date
    start_time: time | None = None
    end_time: time | None = None
    is_available: bool = False
    reason: str = field(default="", compare=False)

    def covers(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


@cache
def _minutes(number: int) -> timedelta:
    """A month asks some thousand times for the same few."""
    return timedelta(minutes=number)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a visit takes: its length for the patient, and the pauses around it from the clinician's day."""

    minutes: int
    before_minutes: int = 0
    after_minutes: int = 0

    @property
    def length(self) -> timedelta:
        return _minutes(self.minutes)

    @property
    def step(self) -> timedelta:
        """Starts follow one another by what a visit really takes, so that a full day has no gaps."""
        return _minutes(self.minutes + self.before_minutes + self.after_minutes)

    def occupied(self, visit: Interval) -> Interval:
        """The clinician's time that a visit takes, pauses included."""
        if not (self.before_minutes or self.after_minutes):
            return visit
        start, end = visit
        return Interval(start - _minutes(self.before_minutes), end + _minutes(self.after_minutes))


STAFF_GRACE = timedelta(minutes=15)
STAFF_HORIZON = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Window:
    """Starts may be chosen from `opens_at` up to, not including, `closes_at`: notice and horizon as instants."""

    opens_at: datetime
    closes_at: datetime

    @classmethod
    def for_patients(cls, at: datetime, notice_hours: int, advance_days: int) -> "Window":
        return cls(at + timedelta(hours=notice_hours), at + timedelta(days=advance_days))

    @classmethod
    def for_staff(cls, at: datetime) -> "Window":
        """Staff book around notice and horizon; somebody at the desk can still have the time that has just begun."""
        return cls(at - STAFF_GRACE, at + STAFF_HORIZON)


Openings = Sequence[tuple[Interval, int | None]]


@dataclass(frozen=True)
class Timetable:
    """All that decides a clinician's free times at one centre, or online at none.

    `busy` is the time that is given away, pauses included: sorted, separate intervals. `engaged` is when the
    person who asks is busy themself; pauses do not matter there.
    """

    zone: ZoneInfo
    hours: Sequence[Hours] = ()
    exceptions: Sequence[Exceptional] = ()
    holidays: frozenset[date] = frozenset()
    busy: Sequence[Interval] = ()
    engaged: Sequence[Interval] = ()
    _known: dict[date, Openings] = field(default_factory=dict, init=False, compare=False, repr=False)

    def given_away(self, busy: Sequence[Interval], engaged: Sequence[Interval]) -> "Timetable":
        """The same with the time that is taken. Written out: a page makes one for each of its clinicians."""
        return Timetable(self.zone, self.hours, self.exceptions, self.holidays, busy, engaged)

    def openings(self, day: date) -> Openings:
        """Working time that begins on that date, leave and holidays cut out; with the hours' own step in minutes."""
        known = self._known.get(day)
        if known is None:  # each service and the board ask for the same days
            known = self._known[day] = self._openings(day)
        return known

    def _openings(self, day: date) -> Openings:
        if day in self.holidays:
            return []
        leave = self._leave(day)
        return [(opening, step) for step, spans in self._rostered(day) for opening in without(spans, leave)]

    def rostered(self, day: date) -> list[Interval]:
        """Hours that begin on that date, whatever leave or a holiday takes of them."""
        return merged(span for _, spans in self._rostered(day) for span in spans)

    def free(self, shape: Shape, window: Window, first: date, last: date) -> Iterator[Interval]:
        """Visits that can be booked, in order of start, on the dates from `first` to `last`, both included."""
        return (visit for visit in self.worked(shape, window, first, last) if self.is_free(visit, shape))

    def is_free(self, visit: Interval, shape: Shape) -> bool:
        """Is the time of one of the visits that are `worked` not given away?"""
        if overlaps_any(self.busy, shape.occupied(visit)):
            return False
        return not (self.engaged and overlaps_any(self.engaged, visit))

    def worked(self, shape: Shape, window: Window, first: date, last: date) -> Iterator[Interval]:
        """As `free`, with the visits whose time is given away."""
        for day in _days(max(first, self._day(window.opens_at)), min(last, self._day(window.closes_at))):
            yield from (
                visit for visit in self._grid(shape, day) if window.opens_at <= visit.start < window.closes_at
            )

    def refusal(self, start: datetime, shape: Shape, window: Window, at: datetime) -> Refusal | None:
        """Why a visit may not start at that instant; None exactly when `free` lists it."""
        verdicts = self.verdicts(start, shape, window, at)
        return next((rule for rule, is_kept in verdicts if not is_kept), None)

    def verdicts(
        self, start: datetime, shape: Shape, window: Window, at: datetime
    ) -> Iterator[tuple[Refusal, bool]]:
        """Each rule, in the order in which reasons are looked for, and whether a visit at that instant keeps it."""
        visit, day = Interval(start, start + shape.length), self._day(start)
        yield Refusal.PAST, start >= window.opens_at or start >= at
        yield Refusal.TOO_SOON, start >= window.opens_at
        yield Refusal.TOO_FAR, start < window.closes_at
        yield Refusal.HOLIDAY, day not in self.holidays
        yield (
            Refusal.OUTSIDE_HOURS,
            any(span.contains(visit) for _, spans in self._rostered(day) for span in spans),
        )
        yield Refusal.LEAVE, not any(visit.overlaps(off) for off in self._leave(day))
        yield Refusal.NOT_ON_GRID, visit in self._grid(shape, day)
        yield Refusal.TAKEN, not overlaps_any(self.busy, shape.occupied(visit))
        yield Refusal.ENGAGED, not overlaps_any(self.engaged, visit)

    def is_working(self, visit: Interval) -> bool:
        """Does the visit lie in working time, whatever else is booked?"""
        openings = merged(opening for opening, _ in self.openings(self._day(visit.start)))
        return any(opening.contains(visit) for opening in openings)

    def off_duty(self, visit: Interval) -> Refusal | None:
        """Why the visit does not lie in working time; None exactly when `is_working`."""
        if self.is_working(visit):
            return None
        day = self._day(visit.start)
        if day in self.holidays:
            return Refusal.HOLIDAY
        is_away = any(visit.overlaps(off) for off in self._leave(day))
        return Refusal.LEAVE if is_away else Refusal.OUTSIDE_HOURS

    def _grid(self, shape: Shape, day: date) -> list[Interval]:
        """Sliced with one step, separate openings in order give visits in order; else the same may come twice."""
        openings = self.openings(day)
        visits = [
            visit
            for opening, minutes in openings
            for visit in opening.sliced(shape.length, _minutes(minutes) if minutes else shape.step)
        ]
        has_one_step = len({step for _, step in openings}) < 2
        return visits if has_one_step else sorted(set(visits), key=START)

    def _rostered(self, day: date) -> list[tuple[int | None, list[Interval]]]:
        spans: dict[int | None, list[Interval]] = {}
        for hours in self.hours:
            if hours.fall_on(day):
                spans.setdefault(hours.slot_minutes, []).extend(
                    self._span(day, hours.start_time, hours.end_time)
                )
        for extra in self.exceptions:
            if extra.is_available and extra.covers(day):
                spans.setdefault(None, []).extend(self._span(day, extra.start_time, extra.end_time))
        return [(step, merged(some)) for step, some in spans.items()]

    def _leave(self, day: date) -> list[Interval]:
        return [
            span
            for off in self.exceptions
            if not off.is_available and off.covers(day)
            for span in self._span(day, off.start_time, off.end_time)
        ]

    def _span(self, day: date, start: time | None, end: time | None) -> list[Interval]:
        """Wall times of a date as an interval; nothing where the spring change skips all of it."""
        if start is None or end is None:
            begins, ends = clock.day_bounds(day, self.zone)
        else:
            begins, ends = clock.at(day, start, self.zone), clock.at(day, end, self.zone)
        return [Interval(begins, ends)] if begins < ends else []

    def _day(self, instant: datetime) -> date:
        return clock.local_day(instant, self.zone)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
