"""The days on which the clocks change, in all zones and all of 2026 and 2027."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from portal.appointments.slots import Slot
from portal.core import clock
from portal.scheduling.intervals import Interval
from portal.scheduling.rules import Exceptional, Hours, Shape, Timetable, Window
from tests.scheduling import transitions
from tests.scheduling.transitions import Change

NIGHT = (time(0), time(6))
HALF_HOUR = timedelta(minutes=30)
HALF = Shape(30)


def night_shift(zone: ZoneInfo) -> Timetable:
    return Timetable(zone=zone, hours=[Hours(weekday, *NIGHT) for weekday in range(1, 8)])


def visits_on(change: Change, shape: Shape = HALF, **facts: object) -> list[Interval]:
    return visits(Timetable(change.zone, night_shift(change.zone).hours, **facts), change.day, shape)  # type: ignore[arg-type]


def visits(timetable: Timetable, day: date, shape: Shape) -> list[Interval]:
    window = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 2, 1, tzinfo=UTC))
    return list(timetable.free(shape, window, day, day))


def shown(visits: list[Interval], zone: ZoneInfo) -> list[str]:
    return [f"{visit.start.astimezone(zone):%H:%M}" for visit in visits]


def test_there_are_changes_to_speak_of() -> None:
    per_zone = {name: len(transitions.changes(name)) for name in transitions.CHANGING}
    assert per_zone == dict.fromkeys(transitions.CHANGING, 4)
    assert transitions.changes("Asia/Kolkata") == []
    assert {abs(change.shift) for change in transitions.ALL} == {HALF_HOUR, 2 * HALF_HOUR}


@pytest.mark.parametrize("change", transitions.ALL, ids=str)
def test_a_night_shift_is_shorter_or_longer_by_the_change(change: Change) -> None:
    found = visits_on(change)
    assert len(found) * HALF_HOUR == timedelta(hours=6) - change.shift
    assert all(before.end == after.start for before, after in pairwise(found))
    assert found[0].start.astimezone(change.zone).time() == time(0)
    assert found[-1].end.astimezone(change.zone).time() == time(6)


@pytest.mark.parametrize("change", transitions.FORWARD, ids=str)
def test_a_time_that_does_not_exist_is_not_offered(change: Change) -> None:
    skipped_from = (change.at - timedelta(minutes=1)).astimezone(change.zone) + timedelta(minutes=1)
    skipped = [
        f"{(skipped_from + timedelta(minutes=minute)).replace(fold=0):%H:%M}"
        for minute in range(0, change.shift // timedelta(minutes=1), 30)
    ]
    assert skipped
    assert not set(skipped) & set(shown(visits_on(change), change.zone))
    normal = visits(night_shift(change.zone), change.day + timedelta(days=1), Shape(30))
    assert set(skipped) < set(shown(normal, change.zone)), "the next night has it"


@pytest.mark.parametrize("change", transitions.BACK, ids=str)
def test_a_time_that_comes_twice_is_two_slots(change: Change) -> None:
    found = visits_on(change)
    names = shown(found, change.zone)
    twice = {name for name in names if names.count(name) == 2}
    assert len(twice) * HALF_HOUR == -change.shift
    pairs = [[visit for visit, name in zip(found, names, strict=True) if name == one] for one in twice]
    for first, second in pairs:
        assert second.start - first.start == -change.shift
        ids = {Slot(1, 1, 1, visit.start, visit.end).id for visit in (first, second)}
        assert len(ids) == 2


@pytest.mark.parametrize("change", transitions.BACK, ids=str)
def test_taking_the_first_of_two_equal_times_leaves_the_second(change: Change) -> None:
    found = visits_on(change)
    names = shown(found, change.zone)
    first = next(visit for visit, name in zip(found, names, strict=True) if names.count(name) == 2)
    left = visits_on(change, busy=[first])
    assert first not in left
    assert len(left) == len(found) - 1
    assert shown([first], change.zone)[0] in shown(left, change.zone)


@pytest.mark.parametrize("change", transitions.ALL, ids=str)
@pytest.mark.parametrize("minutes", [20, 45, 60, 90])
def test_visits_last_as_long_as_ever(change: Change, minutes: int) -> None:
    found = visits_on(change, Shape(minutes))
    assert found
    for visit in found:
        assert visit.end - visit.start == timedelta(minutes=minutes)
        assert visit.end.astimezone(change.zone).date() == change.day


@pytest.mark.parametrize("change", transitions.ALL, ids=str)
def test_by_day_the_wall_clock_is_what_it_always_is(change: Change) -> None:
    hours = [Hours(weekday, time(9), time(17)) for weekday in range(1, 8)]
    table = Timetable(change.zone, hours)
    expected = [f"{hour:02}:00" for hour in range(9, 17)]
    for shift in (-1, 0, 1):
        found = visits(table, change.day + timedelta(days=shift), Shape(60))
        assert shown(found, change.zone) == expected


@pytest.mark.parametrize("change", transitions.ALL, ids=str)
def test_leave_for_the_whole_day_leaves_nothing_of_it(change: Change) -> None:
    away = Exceptional(change.day, change.day)
    assert visits_on(change, exceptions=[away]) == []
    assert visits_on(change, holidays=frozenset({change.day})) == []


@pytest.mark.parametrize("change", transitions.FORWARD, ids=str)
def test_hours_that_the_change_skips_altogether_are_no_opening(change: Change) -> None:
    ends = change.at.astimezone(change.zone)
    starts = (ends - change.shift).replace(fold=0)
    skipped = Hours(change.day.isoweekday(), starts.time(), ends.time())
    table = Timetable(change.zone, [skipped])
    assert table.openings(change.day) == []
    assert table.openings(change.day + timedelta(days=7)) != []


@pytest.mark.parametrize("zone_name", [*transitions.CHANGING, "Asia/Kolkata"])
def test_every_day_of_two_years_is_as_long_as_its_clock_says(zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    shifts = {change.day: change.shift for change in transitions.changes(zone_name)}
    day = date(2026, 1, 1)
    while day < date(2028, 1, 1):
        start, end = clock.day_bounds(day, zone)
        assert end - start == timedelta(hours=24) - shifts.get(day, timedelta(0)), day
        assert start.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, time(0))
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("zone_name", "day", "hours"),
    [
        ("Europe/London", date(2026, 3, 29), 23),
        ("Europe/London", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Africa/Casablanca", date(2026, 2, 15), 25),
        ("Africa/Casablanca", date(2026, 3, 22), 23),
        ("Europe/Paris", date(2027, 3, 28), 23),
        ("Asia/Kolkata", date(2026, 3, 29), 24),
    ],
)
def test_the_days_that_the_calendar_names(zone_name: str, day: date, hours: float) -> None:
    start, end = clock.day_bounds(day, ZoneInfo(zone_name))
    assert end - start == timedelta(hours=hours)
