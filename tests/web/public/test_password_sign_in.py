"""The three doors that ask for a password: patients', colleagues' and that of those who run the practice."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.accounts.passwords import hash_password
from portal.core.permissions import Role
from tests.factories import PASSWORD, a_patient, account_of, an_account
from tests.web.helpers import errors_in, signed_in

DOORS = ("/sign-in/password", "/staff/sign-in", "/admin/sign-in")


@pytest.fixture
def ana(session: Session) -> Account:
    account = account_of(session, a_patient(session))
    account.email, account.password_hash = "ana@example.org", hash_password(PASSWORD)
    session.flush()
    return account


def test_a_patient_signs_in_with_email_and_password(
    client: FlaskClient, session: Session, ana: Account
) -> None:
    assert client.get("/sign-in/password?next=/patient/profile").status_code == 200
    data = {"identifier": "ANA@example.org", "password": PASSWORD, "next": "/patient/profile"}
    assert client.post("/sign-in/password", data=data).location == "/patient/profile"
    assert client.get("/patient/profile").status_code == 200
    assert client.get("/sign-in/password").location == "/patient/overview"


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MANAGER, Role.CENTRE_MANAGER, Role.FRONT_DESK])
def test_who_runs_the_practice_has_a_door_of_their_own(
    client: FlaskClient, session: Session, role: Role
) -> None:
    account = an_account(session, role)
    assert client.get("/admin").location.startswith("/admin/sign-in")
    entered = client.post("/admin/sign-in", data={"identifier": account.username, "password": PASSWORD})
    assert entered.status_code == 303
    assert entered.location == client.get("/admin/sign-in").location


def test_others_are_told_there_what_is_said_of_a_wrong_password(
    client: FlaskClient, session: Session, ana: Account
) -> None:
    clinician = an_account(session, Role.CLINICIAN)
    tries = [("nobody", PASSWORD), (ana.email, PASSWORD), (clinician.username, PASSWORD)]
    answers = [
        client.post("/admin/sign-in", data={"identifier": who, "password": word}) for who, word in tries
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({errors_in(answer) for answer in answers}) == 1


@pytest.mark.parametrize("door", DOORS)
def test_no_door_gives_a_password_back(
    client: FlaskClient, session: Session, ana: Account, door: str
) -> None:
    response = client.post(door, data={"identifier": ana.email, "password": "Wrong-horse-7"})
    assert response.status_code == 422
    assert "Wrong-horse-7" not in response.text
    assert f'value="{ana.email}"' in response.text
    assert "/forgot-password" in response.text


def test_failures_at_all_doors_add_up(app: Flask, session: Session) -> None:
    account = an_account(session)
    for number in range(5):
        wrong = {"identifier": account.username, "password": "wrong"}
        app.test_client().post(DOORS[number % 3], data=wrong)
    right = {"identifier": account.username, "password": PASSWORD}
    for door in DOORS:
        assert "try again in 15 minutes" in errors_in(app.test_client().post(door, data=right))


def test_who_is_in_is_asked_no_more(app: Flask, session: Session) -> None:
    browser = signed_in(app, an_account(session))
    assert [browser.get(door).location for door in DOORS] == ["/admin"] * 3
