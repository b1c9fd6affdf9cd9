"""Patients about themselves, and who looked at their record."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.people.models import Patient
from tests.factories import account_of, an_account
from tests.web.helpers import counted, errors_in, signed_in

PROFILE = "/patient/profile"
FILLED = {
    "full_name": "Ana Maria Silva",
    "email": "ana@example.org",
    "date_of_birth": "1980-06-04",
    "gender": "FEMALE",
    "blood_group": "A+",
    "emergency_contact_name": "Omar Silva",
    "emergency_contact_phone": "07700 900 333",
}


def test_the_details_are_shown_and_can_be_changed(anas: FlaskClient, session: Session, ana: Patient) -> None:
    with counted() as queries:
        assert 'value="Ana Silva"' in anas.get(PROFILE).text
    assert len(queries) <= 8
    response = anas.post(PROFILE, data=FILLED)
    assert (response.status_code, response.location) == (303, PROFILE)
    session.refresh(ana)
    assert (ana.full_name, ana.email, ana.gender, ana.blood_group) == (
        "Ana Maria Silva",
        "ana@example.org",
        "FEMALE",
        "A+",
    )
    assert ana.emergency_contact_phone == "+447700900333"
    account = account_of(session, ana)
    session.refresh(account)
    assert account.full_name == "Ana Maria Silva"
    shown = anas.get(PROFILE).text
    assert "Your details are saved." in shown
    assert 'value="1980-06-04"' in shown
    assert 'value="07700 900333"' in shown


def test_what_is_emptied_is_gone(anas: FlaskClient, session: Session, ana: Patient) -> None:
    anas.post(PROFILE, data=FILLED)
    assert anas.post(PROFILE, data={**dict.fromkeys(FILLED, ""), "full_name": "Ana Silva"}).status_code == 303
    session.refresh(ana)
    assert (ana.email, ana.date_of_birth, ana.gender, ana.emergency_contact_name) == (None, None, None, "")


@pytest.mark.parametrize(
    "case",
    [
        ("full_name", "", "Enter the full name"),
        ("full_name", "123", "name"),
        ("email", "not an address", "email"),
        ("date_of_birth", "yesterday", "Enter a date, like"),
        ("date_of_birth", "2190-01-01", "in the past"),
        ("gender", "ROBOT", "Choose one of the options"),
        ("blood_group", "C", "Choose one of the options"),
        ("emergency_contact_phone", "12", "phone"),
        ("emergency_contact_name", "x" * 101, "100 characters or fewer"),
    ],
)
def test_what_cannot_be_used_comes_back_with_the_reason_beside_it(
    anas: FlaskClient, session: Session, ana: Patient, case: tuple[str, str, str]
) -> None:
    field, typed, words = case
    response = anas.post(PROFILE, data={**FILLED, field: typed})
    assert response.status_code == 422
    summary = errors_in(response)
    assert words in summary
    assert f'href="#{field}"' in summary
    assert f'id="{field}-error"' in response.text
    other = "emergency_contact_name" if field == "full_name" else "full_name"
    assert FILLED[other] in response.text, "the rest stays filled in"
    session.refresh(ana)
    assert ana.full_name == "Ana Silva"


def test_a_phone_typed_into_the_request_changes_nothing(
    anas: FlaskClient, session: Session, ana: Patient
) -> None:
    phone = ana.phone
    assert anas.post(PROFILE, data={**FILLED, "phone": "+447700900999"}).status_code == 303
    session.refresh(ana)
    assert ana.phone == phone


def test_the_patient_sees_who_looked_at_the_record(
    app: Flask, anas: FlaskClient, session: Session, riverside: Centre, visit: Appointment
) -> None:
    assert "Read an appointment" not in anas.get(PROFILE).text
    fay = signed_in(app, an_account(session, Role.FRONT_DESK, centre=riverside, full_name="Fay Marsh"))
    assert fay.get(f"/appointments/{visit.id}").status_code == 200
    shown = anas.get(PROFILE).text
    assert "Fay Marsh" in shown
    assert "Front desk" in shown
    assert "Read an appointment" in shown
    anas.post(PROFILE, data=FILLED)
    assert "<strong>You</strong>" in anas.get(PROFILE).text


def test_staff_have_no_such_page(app: Flask, session: Session) -> None:
    assert signed_in(app, an_account(session, Role.ADMIN)).get(PROFILE).status_code == 403
