"""Whoever answers the phone finds the caller by what they hear."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.orm import Session

from portal.core.permissions import Actor, Role
from portal.people.finding import CANDIDATES, find_patients
from portal.people.matching import dates_meant
from portal.people.models import Patient

DESK = Actor(account_id=1, role=Role.FRONT_DESK)
Make = Callable[..., Patient]


@pytest.mark.parametrize(
    "typed",
    [
        "Zoë", "zoe", "ZOË", "faure zoe", "fau", "z f", "fa", "  zoe   Faure ", "zoe.f@",
        "900123", "07700 900123", "(07700) 900-123", "+44 7700 900 123",
        "04/06/1981", "4.6.1981", "4 June 1981", "June 4, 1981", "4th jun 81", "1981-06-04", "06/04/1981", "4/6/81",
    ],
)  # fmt: skip
def test_a_caller_is_found_by_what_the_desk_hears(session: Session, patient: Make, typed: str) -> None:
    zoe = patient(
        "Zoë Fauré", phone="+447700900123", email="zoe.f@example.org", date_of_birth=date(1981, 6, 4)
    )
    patient("Ben Hill", phone="+447700811456", email="ben@example.org", date_of_birth=date(1981, 7, 4))
    assert list(find_patients(session, DESK, typed, limit=8).items) == [zoe]


@pytest.mark.parametrize("typed", ["%", "__", "\\", "zoe%", "1981", "31/31/1981", "an", "@"])
def test_what_fits_nobody_finds_nobody(session: Session, patient: Make, typed: str) -> None:
    patient("Zoë Fauré", phone="+447700900123", email="zoe.f@example.org", date_of_birth=date(1981, 6, 4))
    assert list(find_patients(session, DESK, typed, limit=8).items) == []


def test_only_the_first_few_are_shown_and_that_there_are_more_is_said(
    session: Session, patient: Make
) -> None:
    for name in ("Cy Field", "ana Field", "Ben Field"):
        patient(name)
    found = find_patients(session, DESK, "field", limit=2)
    assert ([one.full_name for one in found.items], found.has_more) == (["ana Field", "Ben Field"], True)
    assert not find_patients(session, DESK, "field", limit=3).has_more
    assert CANDIDATES > 100


def test_a_clinician_finds_nobody_elses_patients(session: Session, patient: Make) -> None:
    patient("Zoë Fauré")
    stranger = Actor(account_id=999, role=Role.CLINICIAN, clinician_id=999)
    assert list(find_patients(session, stranger, "zoe", limit=8).items) == []


def test_a_date_with_two_readings_is_meant_both_ways() -> None:
    assert dates_meant("04/06/1981") == [date(1981, 6, 4), date(1981, 4, 6)]
    assert dates_meant("25/12/1981") == [date(1981, 12, 25)]
    assert dates_meant("4 juniper 1981") == []
