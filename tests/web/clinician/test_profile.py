"""Clinicians about themselves."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core.permissions import Role
from portal.people.models import Clinician
from tests.factories import a_clinician, account_of, an_account
from tests.web.helpers import counted, errors_in, signed_in

PAGE = "/clinician/profile"
FACTS = {
    "full_name": "Prof Jane Smith",
    "headline": "Sleeps well",
    "bio": "I listen first.",
    "specialization": "Sleep, Nutrition",
    "qualification": "MSc",
    "languages": "English, Welsh",
    "years_of_experience": "12",
}


@pytest.fixture
def jane(session: Session) -> Clinician:
    return a_clinician(session)


@pytest.fixture
def her_browser(app: Flask, session: Session, jane: Clinician) -> FlaskClient:
    return signed_in(app, account_of(session, jane))


def test_the_profile_is_shown_and_changed(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    with counted() as queries:
        assert 'value="Dr Jane Smith"' in her_browser.get(PAGE).text
    assert len(queries) <= 8
    assert her_browser.post(PAGE, data=FACTS).location == PAGE
    session.refresh(jane)
    assert (jane.bio, jane.specialization, jane.years_of_experience) == (
        "I listen first.",
        ["Sleep", "Nutrition"],
        12,
    )
    assert jane.full_name == "Prof Jane Smith"
    shown = her_browser.get(PAGE).text
    assert "Your profile is saved." in shown
    assert 'value="Sleep, Nutrition"' in shown


def test_the_fee_is_the_centres(her_browser: FlaskClient, session: Session, jane: Clinician) -> None:
    assert "Your centre sets your fee: £60.00" in her_browser.get(PAGE).text
    assert her_browser.post(PAGE, data={**FACTS, "consultation_fee_minor": "1"}).status_code == 303
    session.refresh(jane)
    assert jane.consultation_fee_minor == 6000


def test_who_works_at_no_centre_sets_the_fee(app: Flask, session: Session) -> None:
    asha = a_clinician(session, None)
    hers = signed_in(app, account_of(session, asha))
    assert "Consultation fee (GBP)" in hers.get(PAGE).text
    assert hers.post(PAGE, data={**FACTS, "consultation_fee_minor": "45.50"}).status_code == 303
    session.refresh(asha)
    assert asha.consultation_fee_minor == 4550
    assert hers.post(PAGE, data={**FACTS, "consultation_fee_minor": ""}).status_code == 422


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"full_name": ""}, "Enter the full name"),
        ({"full_name": "J4ne"}, "A name can have letters"),
        ({"years_of_experience": "x"}, "Enter a whole number"),
        ({"years_of_experience": "81"}, "from 0 to 80"),
        ({"headline": "x" * 151}, "150 characters or fewer"),
        ({"specialization": "x" * 1001}, "1000 characters or fewer"),
    ],
)
def test_what_cannot_be_used_comes_back(
    her_browser: FlaskClient, session: Session, jane: Clinician, change: dict[str, str], message: str
) -> None:
    response = her_browser.post(PAGE, data={**FACTS, **change})
    assert response.status_code == 422
    assert message in errors_in(response)
    assert "I listen first." in response.text
    session.refresh(jane)
    assert jane.bio == ""


def test_others_have_no_such_page(app: Flask, session: Session) -> None:
    for role in (Role.ADMIN, Role.PATIENT):
        assert signed_in(app, an_account(session, role)).get(PAGE).status_code == 403
