"""Signing in and out, as a patient and as staff; and the page with all messages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.permissions import Role
from portal.people.models import Patient
from portal.settings import Environment
from tests.conftest import NOW
from tests.factories import PASSWORD, a_patient, account_of, an_account
from tests.web.helpers import errors_in, sign_in, signed_in

PHONE, AS_TYPED = "+447700900555", "07700 900555"
NewestCode = Callable[[str], str | None]


def test_a_patient_signs_in_with_a_code(
    client: FlaskClient, session: Session, newest_code: NewestCode
) -> None:
    account_of(session, a_patient(session, phone=PHONE))
    asked = client.post("/sign-in", data={"phone": AS_TYPED, "next": "/patient/profile"})
    assert asked.headers["Location"] == "/sign-in/code?next=/patient/profile"
    assert "07700 900555" in client.get("/sign-in/code").text
    done = client.post("/sign-in/code", data={"code": newest_code(PHONE), "next": "/patient/profile"})
    assert done.headers["Location"] == "/patient/profile"
    assert client.get("/patient/appointments").status_code == 200
    assert client.get("/sign-in").headers["Location"] == "/patient/overview"


def test_a_new_phone_signs_up_and_is_asked_for_a_name(
    client: FlaskClient, session: Session, newest_code: NewestCode
) -> None:
    client.post("/sign-in", data={"phone": AS_TYPED})
    done = client.post("/sign-in/code", data={"code": newest_code(PHONE)})
    assert done.headers["Location"] == "/sign-in/name"
    refused = client.post("/sign-in/name", data={"full_name": "4711"})
    assert refused.status_code == 422
    assert 'value="4711"' in refused.text
    named = client.post("/sign-in/name", data={"full_name": "Rosa Lind"})
    assert named.headers["Location"] == "/patient/overview"
    assert session.scalars(select(Patient.full_name).where(Patient.phone == PHONE)).one() == "Rosa Lind"


@pytest.mark.parametrize(
    "next_address", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_nobody_is_led_away_after_signing_in(
    client: FlaskClient, session: Session, newest_code: NewestCode, next_address: str
) -> None:
    account_of(session, a_patient(session, phone=PHONE))
    client.post("/sign-in", data={"phone": AS_TYPED, "next": next_address})
    done = client.post("/sign-in/code", data={"code": newest_code(PHONE), "next": next_address})
    assert done.headers["Location"] == "/patient/overview"


def test_a_phone_that_is_none_comes_back_as_typed(client: FlaskClient, session: Session) -> None:
    response = client.post("/sign-in", data={"phone": "seven"})
    assert response.status_code == 422
    assert "Enter a phone number" in errors_in(response)
    assert 'value="seven"' in response.text


@pytest.mark.parametrize("path", ["/sign-in/code", "/staff/sign-in/code"])
def test_without_a_code_asked_for_there_is_none_to_enter(
    client: FlaskClient, session: Session, path: str
) -> None:
    for response in (client.get(path), client.post(path, data={"code": "123456"})):
        assert response.status_code == 303
        assert "code" not in response.headers["Location"]


def test_a_late_code_says_so(client: FlaskClient, session: Session, newest_code: NewestCode) -> None:
    client.post("/sign-in", data={"phone": AS_TYPED})
    code = newest_code(PHONE)
    with clock.travel_to(NOW + timedelta(minutes=6)):
        response = client.post("/sign-in/code", data={"code": code})
    assert response.status_code == 422
    assert "expired" in errors_in(response)


def test_three_codes_in_a_quarter_of_an_hour_are_enough(client: FlaskClient, session: Session) -> None:
    statuses = []
    for minute in range(4):
        with clock.travel_to(NOW + timedelta(minutes=minute)):
            statuses.append(client.post("/sign-in", data={"phone": AS_TYPED}).status_code)
    assert statuses == [303, 303, 303, 429]


@pytest.mark.parametrize("name", ["username", "email", "phone"])
def test_staff_sign_in_with_any_of_their_names(client: FlaskClient, session: Session, name: str) -> None:
    account = an_account(session, Role.FRONT_DESK, phone=PHONE)
    typed = AS_TYPED if name == "phone" else str(getattr(account, name)).upper()
    response = client.post("/staff/sign-in", data={"identifier": typed, "password": PASSWORD})
    assert response.status_code == 303
    assert response.headers["Location"] == client.get("/staff/sign-in").headers["Location"]
    assert "sign-in" not in response.headers["Location"]


def test_staff_are_led_back_to_where_they_wanted_to_go(client: FlaskClient, session: Session) -> None:
    account = an_account(session, Role.ADMIN)
    data = {"identifier": account.username, "password": PASSWORD, "next": "/appointments/7"}
    assert client.post("/staff/sign-in", data=data).headers["Location"] == "/appointments/7"


def test_one_answer_for_an_unknown_name_a_wrong_password_and_an_account_switched_off(
    client: FlaskClient, session: Session
) -> None:
    on, off = an_account(session, Role.ADMIN), an_account(session, Role.FRONT_DESK)
    off.is_active = False
    session.flush()
    tries = [("nobody", PASSWORD), (on.username, "wrong"), (off.username, PASSWORD)]
    answers = [
        client.post("/staff/sign-in", data={"identifier": who, "password": word}) for who, word in tries
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({errors_in(answer) for answer in answers}) == 1
    assert "wrong" not in answers[1].text.partition('type="password"')[2][:80]


def test_empty_fields_are_named(client: FlaskClient, session: Session) -> None:
    response = client.post("/staff/sign-in", data={"identifier": ""})
    assert response.status_code == 422
    assert "Enter your password" in errors_in(response)


def test_a_password_is_not_guessed_however_the_name_is_written(client: FlaskClient, session: Session) -> None:
    account = an_account(session, Role.FRONT_DESK, phone=PHONE)
    spellings = [PHONE, AS_TYPED, "07700900555", "+44 7700 900555", "0044 7700 900555".replace("0044", "+44")]
    for typed in spellings:
        client.post("/staff/sign-in", data={"identifier": typed, "password": "wrong"})
    response = client.post("/staff/sign-in", data={"identifier": PHONE, "password": PASSWORD})
    assert response.status_code == 422
    assert "try again in 15 minutes" in errors_in(response)
    by_name = client.post("/staff/sign-in", data={"identifier": account.username, "password": PASSWORD})
    assert by_name.status_code == 303


def test_staff_sign_in_with_a_code_by_text_message(
    client: FlaskClient, session: Session, newest_code: NewestCode
) -> None:
    an_account(session, Role.MANAGER, phone=PHONE)
    assert client.get("/staff/sign-in/phone").status_code == 200
    assert client.post("/staff/sign-in/phone", data={"phone": ""}).status_code == 422
    client.post("/staff/sign-in/phone", data={"phone": AS_TYPED})
    assert client.get("/staff/sign-in/code").status_code == 200
    done = client.post("/staff/sign-in/code", data={"code": newest_code(PHONE)})
    assert done.status_code == 303
    assert "sign-in" not in done.headers["Location"]


def test_a_phone_of_no_colleague_gets_nothing_and_the_page_does_not_tell(
    client: FlaskClient, session: Session, newest_code: NewestCode
) -> None:
    asked = client.post("/staff/sign-in/phone", data={"phone": AS_TYPED})
    assert asked.headers["Location"] == "/staff/sign-in/code"
    assert newest_code(PHONE) is None
    response = client.post("/staff/sign-in/code", data={"code": "123456"})
    assert "4 more tries" in errors_in(response)


def test_signing_out_ends_this_browser_or_all(app: Flask, session: Session) -> None:
    account = account_of(session, a_patient(session))
    one, other = signed_in(app, account), signed_in(app, account)
    one.post("/sign-out")
    assert one.get("/patient/appointments").status_code == 303
    assert other.get("/patient/appointments").status_code == 200
    third = signed_in(app, account)
    assert third.post("/sign-out-everywhere").status_code == 303
    assert other.get("/patient/appointments").status_code == 303
    assert app.test_client().post("/sign-out").status_code == 303


def test_who_is_signed_in_keeps_the_way_home(client: FlaskClient, session: Session) -> None:
    sign_in(client, an_account(session, Role.PATIENT))
    assert "Ana Silva" in client.get("/clinicians").text


def test_every_message_is_shown_newest_first(
    client: FlaskClient, session: Session, newest_code: NewestCode
) -> None:
    assert "Nothing was sent yet" in client.get("/dev/outbox").text
    client.post("/sign-in", data={"phone": "07700 900111"})
    client.post("/sign-in", data={"phone": AS_TYPED})
    code = newest_code(PHONE)
    assert code is not None
    assert code in client.get("/dev/outbox").text
    messages = client.get("/dev/outbox.json").get_json()
    assert [message["to"] for message in messages] == [PHONE, "+447700900111"]
    assert messages[0]["code"] == code
    assert messages[0]["channel"] == "WHATSAPP"
    assert messages[0]["at"] == "2026-03-02T09:00:00Z"
    assert {"subject", "text", "kind"} <= messages[0].keys()


def test_production_shows_no_messages(app: Flask, client: FlaskClient, session: Session) -> None:
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(before, env=Environment.PRODUCTION)
    try:
        assert client.get("/dev/outbox").status_code == 404
        assert client.get("/dev/outbox.json").status_code == 404
        assert "/dev/outbox" not in client.get("/sign-in").text
    finally:
        app.config["SETTINGS"] = before
