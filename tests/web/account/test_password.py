"""Changing one's password."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.permissions import Role
from tests.factories import PASSWORD, an_account
from tests.web.helpers import errors_in, signed_in

NEW = "Better-horse-8"
PAGE = "/account/password"


@pytest.fixture
def account(session: Session) -> Account:
    return an_account(session, Role.FRONT_DESK)


@pytest.fixture
def here(app: Flask, account: Account) -> FlaskClient:
    return signed_in(app, account)


def test_a_new_password_signs_the_other_devices_out(
    app: Flask, client: FlaskClient, account: Account, here: FlaskClient
) -> None:
    there = signed_in(app, account)
    assert here.get(PAGE).status_code == 200
    assert here.post(PAGE, data={"current_password": PASSWORD, "new_password": NEW}).location == PAGE
    assert "Other devices are signed out" in here.get(PAGE).text
    assert there.get(PAGE).status_code == 303
    for password, status in ((PASSWORD, 422), (NEW, 303)):
        data = {"identifier": account.username, "password": password}
        assert client.post("/staff/sign-in", data=data).status_code == status


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"current_password": "", "new_password": NEW}, "Enter your present password"),
        ({"current_password": "Wrong-horse-7", "new_password": NEW}, "That is not your present password"),
        ({"current_password": PASSWORD, "new_password": ""}, "Enter a new password"),
        ({"current_password": PASSWORD, "new_password": "short"}, "Use 8 to 256 characters"),
        ({"current_password": PASSWORD, "new_password": "lower-case-1"}, "upper and lower case"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field_and_never_shown_again(
    client: FlaskClient, account: Account, here: FlaskClient, typed: dict[str, str], message: str
) -> None:
    response = here.post(PAGE, data=typed)
    assert response.status_code == 422
    assert message in errors_in(response)
    assert not any(word and word in response.text for word in typed.values())
    data = {"identifier": account.username, "password": PASSWORD}
    assert client.post("/staff/sign-in", data=data).status_code == 303


def test_the_current_password_is_not_guessed(here: FlaskClient) -> None:
    for _try in range(5):
        here.post(PAGE, data={"current_password": "wrong", "new_password": NEW})
    response = here.post(PAGE, data={"current_password": PASSWORD, "new_password": NEW})
    assert response.status_code == 422
    assert "try again in 15 minutes" in errors_in(response)


def test_who_signs_in_by_code_can_choose_a_first_password(app: Flask, session: Session) -> None:
    account = an_account(session, Role.PATIENT)
    browser = signed_in(app, account)
    assert "Present password" not in browser.get(PAGE).text
    assert browser.post(PAGE, data={"new_password": "short"}).status_code == 422
    assert browser.post(PAGE, data={"new_password": NEW}).location == PAGE
    assert "Present password" in browser.get(PAGE).text
    entered = app.test_client().post("/sign-in/password", data={"identifier": account.phone, "password": NEW})
    assert entered.location == "/patient/overview"
