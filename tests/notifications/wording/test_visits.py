"""Who, when and where, in words: the centre's time, the patient's own, in their language."""

import uuid
from datetime import timedelta

import pytest

from portal.appointments.links import Purpose, link_token
from portal.appointments.models import Appointment, SessionType
from portal.appointments.references import reference_of
from portal.centres.models import Centre
from portal.core import clock
from portal.notifications import policy
from portal.notifications.wording import appointment_values, visits_value, visits_values
from portal.notifications.wording.visits import when
from portal.people.models import Clinician, Patient
from tests.factories import wall

LONDON = "Europe/London"


def a_visit(
    starts_at: str = "2026-03-09 10:00", *, own_zone: str | None = None, is_online: bool = False
) -> Appointment:
    """A visit as the texts see it; nothing of it is in the database."""
    from portal.accounts.models import Account

    centre = Centre(name="Riverside", city="Leeds", address="1 High Street,\r\nLeeds\n", time_zone=LONDON)
    return Appointment(
        id=7,
        uid=uuid.UUID(int=7),
        patient=Patient(full_name="Ana Silva", time_zone=own_zone),
        clinician=Clinician(account=Account(title="Dr", full_name="Jane Smith")),
        centre=None if is_online else centre,
        session_type=SessionType.ONLINE if is_online else SessionType.IN_PERSON,
        starts_at=wall(starts_at),
        time_zone=LONDON,
        description="A lump",
        patient_notes="private",
        clinician_notes="secret",
        title="Biopsy",
    )


def token(purpose: Purpose) -> str:
    return link_token(policy.current().secret, a_visit(), purpose)


def test_a_patient_reads_who_when_and_where_and_finds_the_visit(frozen: object) -> None:
    assert appointment_values(a_visit(), language="en", previous=wall("2026-03-10 09:30")) == {
        "patient": "Ana Silva",
        "clinician": "Dr Jane Smith",
        "when": "Monday 9 March, 10:00 (GMT)",
        "where": "at Riverside, 1 High Street, Leeds",
        "link": f"http://127.0.0.1:8000/b/{token(Purpose.VISIT)}",
        "reference": reference_of(a_visit()),
        "practice": "Bookable",
        "previous": "Tuesday 10 March, 09:30 (GMT)",
    }


def test_a_clinician_gets_the_page_of_those_who_work_here(frozen: object) -> None:
    visit = a_visit(own_zone="Asia/Kolkata", is_online=True)
    values = appointment_values(visit, language="en", to_clinician=True)
    assert values["link"] == "http://127.0.0.1:8000/appointments/7"
    assert values["when"] == "Monday 9 March, 10:00 (GMT)"


@pytest.mark.parametrize(
    ("language", "own_zone", "expected"),
    [
        ("en", "Asia/Kolkata", "Monday 9 March, 10:00 (GMT); for you 15:30 (GMT+5:30)"),
        ("en", "Pacific/Auckland", "Monday 9 March, 10:00 (GMT); for you 23:00 (GMT+13)"),
        ("en", "Pacific/Kiritimati", "Monday 9 March, 10:00 (GMT); for you Tuesday 10 March, 00:00 (GMT+14)"),
        ("de", "Europe/Berlin", "Montag, 9. März, 10:00 Uhr (GMT); bei Ihnen 11:00 Uhr (MEZ)"),
        ("hi", "Asia/Kolkata", "सोमवार, 9 मार्च, 10:00 am (GMT); आपके यहाँ 3:30 pm (GMT+5:30)"),
        ("en", "Africa/Abidjan", "Monday 9 March, 10:00 (GMT)"),
        ("en", "Nowhere/Special", "Monday 9 March, 10:00 (GMT)"),
        ("en", None, "Monday 9 March, 10:00 (GMT)"),
    ],
)
def test_online_the_own_time_is_told_where_it_is_another(
    frozen: object, language: str, own_zone: str | None, expected: str
) -> None:
    visit = a_visit(own_zone=own_zone, is_online=True)
    assert appointment_values(visit, language=language)["when"] == expected


def test_at_a_centre_its_own_clock_counts_alone(frozen: object) -> None:
    values = appointment_values(a_visit(own_zone="Asia/Kolkata"), language="en")
    assert values["when"] == "Monday 9 March, 10:00 (GMT)"


@pytest.mark.parametrize(
    ("instant", "zone", "expected"),
    [
        ("2027-01-08T10:00Z", LONDON, "Friday 8 January 2027, 10:00 (GMT)"),
        ("2026-03-29T00:30Z", LONDON, "Sunday 29 March, 00:30 (GMT)"),
        ("2026-03-29T01:30Z", LONDON, "Sunday 29 March, 02:30 (BST)"),
        ("2026-10-25T00:30Z", LONDON, "Sunday 25 October, 01:30 (BST)"),
        ("2026-10-25T01:30Z", LONDON, "Sunday 25 October, 01:30 (GMT)"),
        ("2026-11-01T06:30Z", "America/New_York", "Sunday 1 November, 01:30 (GMT-5)"),
        ("2026-04-04T15:15Z", "Australia/Lord_Howe", "Sunday 5 April, 01:45 (GMT+10:30)"),
    ],
)
def test_the_hour_that_comes_twice_is_told_apart_by_its_zone(
    frozen: object, instant: str, zone: str, expected: str
) -> None:
    from datetime import datetime

    assert when(datetime.fromisoformat(instant), clock.zone(zone), "en") == expected


def test_the_year_is_told_by_the_calendar_of_the_place(frozen: object) -> None:
    new_year = wall("2026-12-31 23:30")
    assert when(new_year, clock.zone(LONDON), "en").startswith("Thursday 31 December, 23:30")
    assert when(new_year, clock.zone("Asia/Kolkata"), "en").startswith("Friday 1 January 2027, 05:00")


def test_several_visits_of_a_day_name_it_once(frozen: object) -> None:
    visits = [a_visit("2026-03-09 14:00", is_online=True), a_visit(), a_visit("2026-03-10 09:00")]
    assert visits_value(visits, "en") == (
        "Monday 9 March, 10:00 (GMT) with Dr Jane Smith, at Riverside, 1 High Street, Leeds; "
        "14:00 (GMT) with Dr Jane Smith, online; "
        "Tuesday 10 March, 09:00 (GMT) with Dr Jane Smith, at Riverside, 1 High Street, Leeds"
    )
    link = f"http://127.0.0.1:8000/b/day/{token(Purpose.DAY)}"
    assert visits_values(visits, language="en")["link"] == link


@pytest.mark.parametrize("language", ["en", "de", "hi"])
def test_no_message_says_why_somebody_comes(frozen: object, language: str) -> None:
    values = appointment_values(
        a_visit(), language=language, previous=wall("2026-03-09 10:00") + timedelta(1)
    )
    said = " ".join([*values.values(), visits_value([a_visit()], language)])
    assert not [word for word in ("lump", "private", "secret", "Biopsy") if word in said]
