"""What time it is, and where."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import clock

LONDON, PARIS = ZoneInfo("Europe/London"), ZoneInfo("Europe/Paris")
instants = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)


def test_now_is_the_present_in_utc() -> None:
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC


def test_the_clock_can_be_stopped_and_goes_on_afterwards() -> None:
    then = datetime(2026, 3, 2, 10, tzinfo=PARIS)
    with clock.travel_to(then):
        assert clock.now() == then
        assert clock.now().tzinfo is UTC
        with clock.travel_to(then + timedelta(hours=1)):
            assert clock.now() == then + timedelta(hours=1)
        assert clock.now() == then
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_clock_goes_on_even_when_the_traveller_fails() -> None:
    with pytest.raises(KeyError), clock.travel_to(datetime(2000, 1, 1, tzinfo=UTC)):
        raise KeyError
    assert clock.now().year > 2000


def test_a_time_without_a_zone_is_no_instant() -> None:
    naive = datetime(2026, 3, 2, 10)  # noqa: DTZ001
    for use in (clock.in_utc, lambda value: clock.local(value, LONDON)):
        with pytest.raises(ValueError, match="zone"):
            use(naive)
    with pytest.raises(ValueError, match="zone"), clock.travel_to(naive):
        pass


def test_an_instant_stays_the_same_instant_in_utc() -> None:
    instant = datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert clock.in_utc(instant) == instant
    assert f"{clock.in_utc(instant):%H:%M}" == "04:30"


@pytest.mark.parametrize("name", ["Europe/Londonium", "", "../etc/passwd", "/etc/localtime", "\0", "europe"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        clock.zone(name)


def test_a_zone_is_found_by_its_name() -> None:
    assert clock.zone("Asia/Kolkata").key == "Asia/Kolkata"


@pytest.mark.parametrize(
    ("day", "wall", "utc"),
    [
        (date(2026, 3, 28), time(2, 30), "01:30"),
        (date(2026, 3, 29), time(1, 59), "00:59"),
        (date(2026, 3, 29), time(2, 0), "01:00"),
        (date(2026, 3, 29), time(2, 30), "01:30"),  # skipped: 03:30 by the clock on the wall
        (date(2026, 3, 29), time(3, 0), "01:00"),
        (date(2026, 10, 25), time(2, 30), "00:30"),  # comes twice: the first
        (date(2026, 10, 25), time(2, 30, fold=1), "01:30"),
        (date(2026, 10, 25), time(3, 0), "02:00"),
    ],
)
def test_wall_time_becomes_an_instant(day: date, wall: time, utc: str) -> None:
    assert f"{clock.at(day, wall, PARIS):%H:%M}" == utc
    assert clock.at(day, wall, PARIS).tzinfo is UTC


@given(instants, zones)
def test_an_instant_told_as_wall_time_is_the_same_instant_again(instant: datetime, zone: ZoneInfo) -> None:
    local = clock.local(instant, zone)
    assert clock.at(local.date(), local.timetz().replace(tzinfo=None), zone) == instant


@given(instants, zones)
def test_an_instant_lies_within_the_bounds_of_its_local_day(instant: datetime, zone: ZoneInfo) -> None:
    day = clock.local_day(instant, zone)
    start, end = clock.day_bounds(day, zone)
    assert start <= instant < end
    assert clock.midnight(day + timedelta(days=1), zone) == end


def test_the_date_depends_on_where_one_is() -> None:
    instant = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert clock.local_day(instant, LONDON) == date(2026, 3, 2)
    assert clock.local_day(instant, PARIS) == date(2026, 3, 3)
