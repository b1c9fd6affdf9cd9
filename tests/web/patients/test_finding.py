"""Staff look for patients: who finds whom."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.people.models import Patient
from tests.factories import a_clinician, a_patient, account_of, an_appointment
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import HTMX


def test_all_patients_stand_in_a_list_by_name(fay: FlaskClient, session: Session, ana: Patient) -> None:
    for number in range(22):
        a_patient(session, full_name=f"Zoe {chr(65 + number)}")
    session.flush()
    first = fay.get("/patients").text
    assert "23 patients" in first
    assert "Page 1 of 2" in first
    assert "Zoe V" in fay.post("/patients", data={"search": "", "page": "2"}).text


@pytest.mark.parametrize("typed", ["silv", "ANA", "900111", "07700 900 111"])
def test_part_of_a_name_or_phone_finds_her(
    fay: FlaskClient, session: Session, ana: Patient, typed: str
) -> None:
    a_patient(session, full_name="Omar Haddad", phone="+447700900222")
    session.flush()
    shown = fay.post("/patients", data={"search": typed}).text
    assert "Ana Silva" in shown
    assert "Omar Haddad" not in shown


def test_typing_answers_with_the_list_alone(fay: FlaskClient, ana: Patient) -> None:
    piece = fay.post("/patients", data={"search": "silva"}, headers=HTMX)
    assert piece.text.startswith('<div class="stack" id="patients">')


def test_nobody_found_is_said(fay: FlaskClient) -> None:
    assert "Nobody found" in fay.post("/patients", data={"search": "nobody"}).text


def test_clinicians_find_whom_they_treat(
    browser_of: BrowserOf, session: Session, riverside: Centre, ana: Patient
) -> None:
    jane = a_clinician(session, riverside)
    an_appointment(session, clinician=jane, patient=a_patient(session, full_name="Omar Haddad"))
    shown = browser_of(account_of(session, jane)).get("/patients").text
    assert "Omar Haddad" in shown
    assert "Ana Silva" not in shown


def test_patients_and_visitors_stay_outside(client: FlaskClient, browser_of: BrowserOf) -> None:
    assert client.get("/patients").status_code in {303, 401}
    assert browser_of(Role.PATIENT).get("/patients").status_code == 403


def test_a_page_that_is_none_is_not_found(fay: FlaskClient) -> None:
    assert fay.get("/patients?page=0").status_code == 404
    assert fay.get("/patients?page=10000").status_code == 404
