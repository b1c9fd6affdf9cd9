"""What people read: dates, times, zones, money, phone numbers, names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from portal.core import clock
from portal.settings import Settings
from portal.web import filters, i18n, labels

LONDON, KOLKATA, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")
SUMMER = datetime(2026, 6, 5, 9, 0, tzinfo=UTC)
WINTER = datetime(2026, 1, 9, 9, 0, tzinfo=UTC)


@pytest.fixture
def speaking() -> Flask:
    """An application that knows languages and settings, and no database."""
    flask = Flask("speaking", static_folder=None)
    flask.config["SETTINGS"] = Settings()
    flask.secret_key = "for this test"
    i18n.init_app(flask)
    return flask


@pytest.fixture(autouse=True)
def visitor(speaking: Flask) -> Iterator[None]:
    """A British reader on a Friday in June."""
    with speaking.test_request_context(headers={"Accept-Language": "en"}), clock.travel_to(SUMMER):
        yield


@dataclass
class Slot:
    starts_at: datetime


def test_a_day_is_said_the_british_way() -> None:
    assert filters.day(date(2026, 6, 5)) == "Friday 5 June"
    assert filters.day_with_year(date(2027, 6, 4)) == "Friday 4 June 2027"
    assert filters.day_short(date(2026, 6, 5)) == "Fri 5 Jun"
    assert filters.day_short(date(2027, 6, 4)) == "Fri 4 Jun 2027"
    assert filters.month_name(date(2026, 6, 5)) == "June 2026"


def test_the_same_instant_is_another_time_in_another_zone() -> None:
    assert filters.time(SUMMER, LONDON) == "10:00"
    assert filters.time(SUMMER, "Asia/Kolkata") == "14:30"
    assert filters.time(WINTER, LONDON) == "09:00"


def test_an_instant_without_a_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="zone"):
        filters.day(SUMMER)


def test_late_in_the_evening_it_is_already_tomorrow_further_east() -> None:
    late = datetime(2026, 6, 5, 22, 0, tzinfo=UTC)
    assert filters.relative_day(late, LONDON) == "Today"
    assert filters.relative_day(date(2026, 6, 6), LONDON) == "Tomorrow"
    assert filters.local_day(late, KOLKATA) == date(2026, 6, 6)
    assert filters.relative_day(date(2026, 6, 12), LONDON) == "Fri 12 Jun"


def test_the_year_is_said_only_when_it_is_another_one() -> None:
    assert filters.day(date(2027, 3, 28)) == "Sunday 28 March 2027"
    assert filters.day(datetime(2026, 12, 31, 22, 0, tzinfo=UTC), KOLKATA) == "Friday 1 January 2027"
    assert filters.relative_day(date(2027, 3, 28), LONDON) == "Sun 28 Mar 2027"
    assert filters.date_time(SUMMER, LONDON) == "Friday 5 June, 10:00"
    assert filters.date_time(datetime(2027, 1, 8, 9, 0, tzinfo=UTC), LONDON) == "Friday 8 January 2027, 09:00"


@pytest.mark.parametrize(
    ("hour", "shown"),
    [(0, "01:30 (GMT+1)"), (1, "01:30 (GMT)"), (2, "02:30")],
)
def test_a_time_that_the_clock_shows_twice_is_told_with_its_offset(hour: int, shown: str) -> None:
    on_the_night = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    assert filters.time(on_the_night, LONDON) == shown
    assert filters.date_time(on_the_night, LONDON) == f"Sunday 25 October, {shown}"
    assert shown in filters.both_zones(on_the_night, LONDON, KOLKATA)


def test_in_spring_no_time_is_shown_twice() -> None:
    last, first = (datetime(2026, 3, 29, hour, minute, tzinfo=UTC) for hour, minute in ((0, 59), (1, 0)))
    assert (filters.time(last, LONDON), filters.time(first, LONDON)) == ("00:59", "02:00")


def test_a_zone_that_changes_on_the_way_is_named_with_both_offsets() -> None:
    night, noon = (datetime(2026, 10, 25, hour, 0, tzinfo=UTC) for hour in (0, 12))
    assert filters.zone_name(night, LONDON, noon) == "London time (GMT+1, then GMT)"
    assert filters.zone_name(noon, LONDON, noon) == "London time (GMT)"


@pytest.mark.parametrize(
    ("zone", "instant", "name"),
    [
        (LONDON, SUMMER, "London time (GMT+1)"),
        (LONDON, WINTER, "London time (GMT)"),
        (KOLKATA, SUMMER, "Kolkata time (GMT+5:30)"),
        (NEW_YORK, WINTER, "New York time (GMT-5)"),
        (ZoneInfo("America/St_Johns"), WINTER, "St John’s time (GMT-3:30)"),
    ],
)
def test_a_zone_is_named_with_its_offset_on_that_day(zone: ZoneInfo, instant: datetime, name: str) -> None:
    assert filters.zone_name(instant, zone) == name


def test_a_viewer_elsewhere_reads_both_times() -> None:
    assert filters.both_zones(SUMMER, LONDON, KOLKATA) == (
        "Friday 5 June, 10:00, London time (GMT+1). For you: 14:30, Kolkata time (GMT+5:30)"
    )


def test_a_viewer_whose_date_differs_reads_the_date_too() -> None:
    late = datetime(2026, 6, 5, 20, 0, tzinfo=UTC)
    assert (
        filters.for_viewer(late, LONDON, KOLKATA)
        == "For you: Saturday 6 June, 01:30, Kolkata time (GMT+5:30)"
    )


def test_a_viewer_whose_clock_agrees_is_not_told_twice() -> None:
    dublin = ZoneInfo("Europe/Dublin")
    assert filters.for_viewer(SUMMER, LONDON, dublin) == ""
    assert filters.both_zones(SUMMER, LONDON, dublin) == "Friday 5 June, 10:00, London time (GMT+1)"


def test_times_are_grouped_by_the_wall_clock_of_the_centre() -> None:
    slots = [Slot(datetime(2026, 6, 5, hour, 0, tzinfo=UTC)) for hour in (8, 10, 11, 16)]
    groups = filters.by_part_of_day(slots, LONDON)
    assert [(name, len(times)) for name, times in groups] == [
        ("Morning", 2),
        ("Afternoon", 1),
        ("Evening", 1),
    ]


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(4500, "GBP", "£45.00"), (5000, "JPY", "JP¥5,000"), (1234500, "KWD", "KWD1,234.500")],
)
def test_money_has_the_decimals_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert filters.money(minor, currency) == text


@pytest.mark.parametrize(
    ("minutes", "text"), [(1, "1 minute"), (45, "45 minutes"), (60, "1 hour"), (150, "2 hours 30 minutes")]
)
def test_a_length_is_said_in_words(minutes: int, text: str) -> None:
    assert filters.duration(minutes) == text


def test_a_phone_number_is_national_at_home_and_international_abroad() -> None:
    assert filters.phone("+447700900123") == "07700 900123"
    assert filters.phone("+12125550123") == "+1 212-555-0123"
    assert filters.phone(None) == ""


def test_a_masked_number_shows_only_its_end() -> None:
    assert filters.masked_phone("+447700900123") == "+44 ••• 123"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Dr Amelia Wong", "AW"), ("Prof. Ravi Menon", "RM"), ("Kit", "K"), ("Ana de la Cruz", "AC"), ("", "?")],
)
def test_initials_leave_out_forms_of_address(name: str, letters: str) -> None:
    assert filters.initials(name) == letters


def test_a_name_keeps_its_colour() -> None:
    assert filters.tint("Ana Morales") == filters.tint("Ana Morales")
    assert filters.tint("Ana Morales") in {f"tint-{number}" for number in range(6)}


def test_a_status_says_what_it_waits_for_and_who_is_here() -> None:
    assert labels.status_label("PENDING", "HOLD") == "On hold"
    assert labels.status_label("PENDING", "PAYMENT") == "Awaiting payment"
    assert labels.status_label("CONFIRMED", None, SUMMER) == "Arrived"
    assert labels.status_label("NO_SHOW") == "Did not attend"
    assert labels.look("COMPLETED", None, SUMMER) == "completed"


def test_machines_read_utc() -> None:
    assert filters.iso(SUMMER.astimezone(KOLKATA)) == "2026-06-05T09:00:00Z"
