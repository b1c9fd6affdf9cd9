"""The dates of a series: the same wall time on each of them, whatever the clocks do in between."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.appointments.recurring import FEWEST, MOST, starts_of
from portal.appointments.series_models import Rhythm
from portal.core import clock
from tests.factories import wall

ZONES = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "America/Sao_Paulo",
]
DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))
TIMES = st.times().map(lambda one: one.replace(second=0, microsecond=0))


@given(DAYS, TIMES, st.sampled_from(Rhythm), st.integers(FEWEST, MOST), st.sampled_from(ZONES))
def test_every_visit_is_at_the_same_time_of_day(
    day: date, at: time, rhythm: Rhythm, count: int, zone: str
) -> None:
    where = clock.zone(zone)
    first = clock.at(day, at, where)
    starts = starts_of(first, rhythm, count, where)
    usual = clock.local(first, where).time().replace(fold=0)
    assert starts[0] == first
    assert len(starts) == count
    for start in starts[1:]:
        local = clock.local(start, where)
        assert local.weekday() == clock.local(first, where).weekday()
        if _exists(local.date(), usual, zone):
            assert local.time().replace(fold=0) == usual
    days = [clock.local_day(start, where) for start in starts]
    gaps = {(later - earlier).days for earlier, later in pairwise(days)}
    assert gaps <= {Rhythm.WEEKLY: {7}, Rhythm.FORTNIGHTLY: {14}, Rhythm.MONTHLY: {28, 35}}[rhythm]


def _exists(day: date, at: time, zone: str) -> bool:
    """Does the clock show that time on that day at all?"""
    where = clock.zone(zone)
    return clock.local(clock.at(day, at, where), where).time().replace(fold=0) == at


def test_ten_in_the_morning_stays_ten_when_the_clocks_go_forward() -> None:
    starts = starts_of(wall("2026-03-24 10:00"), Rhythm.WEEKLY, 2, clock.zone("Europe/London"))
    assert starts == [wall("2026-03-24 10:00"), wall("2026-03-31 10:00")]
    assert starts[1] - starts[0] == timedelta(days=7) - timedelta(hours=1)


def test_a_visit_in_the_second_of_two_same_hours_repeats_in_the_usual_one() -> None:
    where = clock.zone("Europe/London")
    second = clock.at(date(2026, 10, 25), time(1, 30, fold=1), where)
    starts = starts_of(second, Rhythm.WEEKLY, 2, where)
    assert starts[1] == wall("2026-11-01 01:30")


@pytest.mark.parametrize(
    ("first", "dates"),
    [
        ("2026-03-10", ["2026-03-10", "2026-04-14", "2026-05-12"]),  # each second Tuesday
        ("2026-03-30", ["2026-03-30", "2026-04-27", "2026-05-25"]),  # the fifth Monday, else the last
        ("2026-11-02", ["2026-11-02", "2026-12-07", "2027-01-04"]),  # over the end of the year
    ],
)
def test_every_month_is_the_same_weekday_of_the_month(first: str, dates: list[str]) -> None:
    starts = starts_of(wall(f"{first} 10:00"), Rhythm.MONTHLY, 3, clock.zone("Europe/London"))
    assert [datetime.fromisoformat(one).date() for one in dates] == [start.date() for start in starts]
