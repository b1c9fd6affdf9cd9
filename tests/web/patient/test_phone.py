"""Changing the phone one signs in with: a code proves that the new one is theirs."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import OneTimeCode
from portal.core import clock
from portal.people.models import Patient
from tests.conftest import NOW
from tests.factories import a_patient, account_of
from tests.web.helpers import errors_in, signed_in

PHONE, PROOF = "/patient/profile/phone", "/patient/profile/phone/proof"
NEW = "+447700900050"


def code_for(client: FlaskClient, phone: str) -> str:
    messages = client.get("/dev/outbox.json").get_json()
    return next(str(message["code"]) for message in messages if message["to"] == phone and message["code"])


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def test_a_code_to_the_new_phone_changes_it(
    app: Flask, anas: FlaskClient, session: Session, ana: Patient
) -> None:
    elsewhere = signed_in(app, account_of(session, ana))
    response = anas.post(PHONE, data={"phone": "07700 900 050"})
    assert (response.status_code, response.location) == (303, PROOF)
    shown = anas.get(PROOF).text
    assert "07700 900050" in shown
    assert "5 minutes" in shown
    assert 'autocomplete="one-time-code"' in shown
    response = anas.post(PROOF, data={"code": code_for(anas, NEW)})
    assert (response.status_code, response.location) == (303, "/patient/profile")
    account = account_of(session, ana)
    session.refresh(ana)
    session.refresh(account)
    assert (ana.phone, account.phone, account.phone_verified_at) == (NEW, NEW, NOW)
    assert "Your phone number is changed" in anas.get("/patient/profile").text, "this device stays signed in"
    assert elsewhere.get("/patient/profile").status_code == 303, "other devices are signed out"


def test_a_wrong_code_counts_and_the_phone_stays(anas: FlaskClient, session: Session, ana: Patient) -> None:
    before = ana.phone
    anas.post(PHONE, data={"phone": NEW})
    code = code_for(anas, NEW)
    response = anas.post(PROOF, data={"code": wrong(code)})
    assert response.status_code == 422
    assert "You have 4 more tries" in errors_in(response)
    assert session.scalar(select(OneTimeCode.wrong_tries).where(OneTimeCode.phone == NEW)) == 1
    for _ in range(4):
        response = anas.post(PROOF, data={"code": wrong(code)})
    assert "wrong too many times" in errors_in(response)
    assert anas.post(PROOF, data={"code": code}).status_code == 422, "even the right one is used up"
    session.refresh(ana)
    assert ana.phone == before


def test_a_late_code_says_so(anas: FlaskClient, ana: Patient) -> None:
    anas.post(PHONE, data={"phone": NEW})
    code = code_for(anas, NEW)
    with clock.travel_to(NOW + timedelta(minutes=6)):
        response = anas.post(PROOF, data={"code": code})
    assert response.status_code == 422
    assert "expired" in errors_in(response)


def test_the_phone_of_somebody_else_is_refused_once_it_is_proved_and_not_before(
    anas: FlaskClient, session: Session, ana: Patient
) -> None:
    taken = a_patient(session, full_name="Omar Haddad").phone
    assert taken is not None
    session.flush()
    before = ana.phone
    assert anas.post(PHONE, data={"phone": taken}).status_code == 303
    response = anas.post(PROOF, data={"code": code_for(anas, taken)})
    assert response.status_code == 422
    assert "Somebody else signs in with this number" in errors_in(response)
    assert "Omar" not in response.text
    session.refresh(ana)
    assert ana.phone == before
    assert anas.get("/patient/profile").status_code == 200, "still signed in"
    assert anas.get(PROOF).location == PHONE, "the code is used up"


@pytest.mark.parametrize(("typed", "words"), [("", "Enter your new phone number"), ("12", "phone")])
def test_what_is_no_phone_number_comes_back(anas: FlaskClient, typed: str, words: str) -> None:
    response = anas.post(PHONE, data={"phone": typed})
    assert response.status_code == 422
    assert words in errors_in(response)
    assert re.search(rf'name="phone"[^>]*value="{typed}"', response.text)


def test_ones_own_number_needs_no_change(anas: FlaskClient, ana: Patient) -> None:
    response = anas.post(PHONE, data={"phone": ana.phone})
    assert response.status_code == 422
    assert "your phone number already" in errors_in(response)


def test_codes_are_not_sent_faster_than_they_can_arrive(anas: FlaskClient) -> None:
    anas.post(PHONE, data={"phone": NEW})
    response = anas.post(PHONE, data={"phone": NEW})
    assert response.status_code == 429
    assert "We have just sent a code to this number" in errors_in(response)
    assert f'action="{PROOF}"' in response.text, "the code that is on its way can be typed in"


def test_the_code_page_needs_a_code_that_was_sent(anas: FlaskClient) -> None:
    assert anas.get(PROOF).location == PHONE
    assert anas.post(PROOF, data={"code": "123456"}).location == PHONE


def test_an_empty_code_is_asked_for_again(anas: FlaskClient) -> None:
    anas.post(PHONE, data={"phone": NEW})
    response = anas.post(PROOF, data={"code": ""})
    assert response.status_code == 422
    assert "Enter the code we sent you" in errors_in(response)
