"""A forgotten password."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core import clock
from portal.core.permissions import Role
from tests.conftest import NOW
from tests.factories import PASSWORD, an_account
from tests.web.helpers import errors_in, signed_in
from tests.web.public.mail import link_in_mail, mails_to, words_of

EMAIL, NEW = "fay@example.org", "Better-horse-8"


@pytest.fixture
def fay(session: Session) -> Account:
    return an_account(session, Role.FRONT_DESK, email=EMAIL)


def ask(client: FlaskClient, session: Session) -> str:
    """The link that Fay gets."""
    assert client.post("/forgot-password", data={"email": EMAIL}).location == "/forgot-password/sent"
    return link_in_mail(session, EMAIL, "reset-password")


def can_sign_in(client: FlaskClient, password: str) -> bool:
    return client.post("/staff/sign-in", data={"identifier": EMAIL, "password": password}).status_code == 303


def test_a_new_password_is_chosen_by_a_link(
    client: FlaskClient, app: Flask, session: Session, fay: Account
) -> None:
    at_work = signed_in(app, fay)
    assert client.get("/forgot-password").status_code == 200
    link = ask(client, session)
    assert client.get(link).location == "/reset-password", "the token stays out of the page's address"
    assert client.get("/reset-password").status_code == 200
    assert client.post("/reset-password", data={"password": NEW}).location == "/staff/sign-in"
    assert at_work.get("/desk/day").status_code == 303, "whoever was signed in is out"
    assert not can_sign_in(client, PASSWORD)
    assert can_sign_in(client, NEW)


def test_the_answer_is_the_same_for_an_address_nobody_has(app: Flask, session: Session, fay: Account) -> None:
    answers = []
    for email in (EMAIL, "nobody@example.org"):
        browser = app.test_client()
        assert browser.post("/forgot-password", data={"email": email}).status_code == 303
        answers.append(words_of(browser.get("/forgot-password/sent").text, email))
    assert answers[0] == answers[1]
    assert "If an account with that email exists" in answers[0]
    assert not mails_to(session, "nobody@example.org")


@pytest.mark.parametrize(
    ("password", "message"),
    [("", "Enter a password"), ("short", "Use 8 to 256"), ("lower-case-1", "upper and lower")],
)
def test_a_weak_password_uses_up_no_link(
    client: FlaskClient, session: Session, fay: Account, password: str, message: str
) -> None:
    client.get(ask(client, session))
    response = client.post("/reset-password", data={"password": password})
    assert response.status_code == 422
    assert message in errors_in(response)
    assert not password or password not in response.text
    assert client.post("/reset-password", data={"password": NEW}).status_code == 303


def test_a_link_works_once_and_not_for_long(client: FlaskClient, session: Session, fay: Account) -> None:
    link = ask(client, session)
    client.get(link)
    with clock.travel_to(NOW + timedelta(minutes=61)):
        late = client.post("/reset-password", data={"password": NEW})
    assert late.status_code == 400
    assert "good for an hour" in late.text
    client.get(link)
    assert client.post("/reset-password", data={"password": NEW}).status_code == 303
    client.get(link)
    again = client.post("/reset-password", data={"password": "Third-horse-9"})
    assert again.status_code == 400
    assert "used already" in again.text
    assert can_sign_in(client, NEW)


def test_without_a_link_one_can_be_asked_for(client: FlaskClient, session: Session) -> None:
    for answer in (client.get("/reset-password"), client.post("/reset-password", data={"password": NEW})):
        assert answer.location == "/forgot-password"
    assert client.get("/forgot-password/sent").location == "/forgot-password"
    refused = client.post("/forgot-password", data={"email": "fay"})
    assert refused.status_code == 422
    assert "Enter an email address" in errors_in(refused)
    assert 'value="fay"' in refused.text
