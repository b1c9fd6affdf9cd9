"""When a message may go out: quiet hours in the recipient's zone, lateness, and trying again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import clock
from portal.notifications.policy import Policy
from portal.notifications.rules import PAUSES, next_attempt, quiet_until, reminder_useful_until, send_at
from tests.factories import wall

NIGHT = Policy(quiet_from=21, quiet_until=8)
ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata")
EARLIEST, LATEST = datetime(2026, 1, 1), datetime(2028, 1, 1)  # noqa: DTZ001  Hypothesis adds the zone
instants = st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC))
zones = st.sampled_from(ZONES).map(clock.zone)
hours = st.integers(0, 23)


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("2026-03-09 20:59", None),
        ("2026-03-09 21:00", "2026-03-10 08:00"),
        ("2026-03-09 23:30", "2026-03-10 08:00"),
        ("2026-03-10 07:59", "2026-03-10 08:00"),
        ("2026-03-10 08:00", None),
        ("2026-03-28 22:00", "2026-03-29 08:00"),  # ten hours of night: clocks go forward
        ("2026-10-24 22:00", "2026-10-25 08:00"),  # twelve: they go back
    ],
)
def test_nobody_is_woken_at_night(at: str, ends: str | None) -> None:
    assert quiet_until(wall(at), clock.zone("Europe/London"), NIGHT) == (wall(ends) if ends else None)


def test_night_is_where_the_recipient_is() -> None:
    evening_in_london = wall("2026-03-09 20:00")
    there = clock.zone("Asia/Kolkata")
    assert quiet_until(evening_in_london, there, NIGHT) == wall("2026-03-10 08:00", "Asia/Kolkata")


@given(instants, zones, hours, hours)
def test_after_quiet_hours_it_is_not_quiet(at: datetime, zone: object, start: int, end: int) -> None:
    policy = replace(NIGHT, quiet_from=start, quiet_until=end)
    ends = quiet_until(at, zone, policy)  # type: ignore[arg-type]
    if start == end:
        assert ends is None
    if ends is not None:
        assert timedelta() < ends - at <= timedelta(hours=25)
        assert quiet_until(ends, zone, policy) is None  # type: ignore[arg-type]


@given(instants, zones, st.timedeltas(timedelta(), timedelta(days=2)))
def test_what_is_due_goes_out_while_it_is_of_use(due: datetime, zone: object, use: timedelta) -> None:
    sent = send_at(due, due + use, zone, NIGHT)  # type: ignore[arg-type]
    assert due <= sent <= due + use


def test_a_reminder_for_an_early_visit_does_not_wait_until_it_is_over() -> None:
    starts_at = wall("2026-03-10 07:30")
    due = starts_at - timedelta(hours=1)
    until = reminder_useful_until(starts_at, timedelta(hours=1))
    assert send_at(due, until, clock.zone("Europe/London"), NIGHT) == due


@given(instants, st.integers(1, 40), st.none() | st.floats(0, 1e7))
def test_attempts_come_to_an_end_and_are_never_closer_than_the_provider_asks(
    at: datetime, attempts: int, asked: float | None
) -> None:
    again = next_attempt(at, attempts, None, asked)
    if attempts > len(PAUSES):
        assert again is None
    else:
        assert again is not None
        assert again - at >= min(timedelta(seconds=asked or 0), timedelta(hours=1))


@given(instants, st.integers(1, 10), st.timedeltas(timedelta(), timedelta(days=1)))
def test_nothing_is_tried_again_when_it_is_too_late(at: datetime, attempts: int, use: timedelta) -> None:
    again = next_attempt(at, attempts, at + use)
    assert again is None or again <= at + use
