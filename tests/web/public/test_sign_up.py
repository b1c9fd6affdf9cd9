"""Signing up with an email address, and confirming it."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core import clock
from portal.core.permissions import Role
from portal.people.models import Clinician
from tests.conftest import NOW
from tests.factories import PASSWORD, an_account
from tests.web.helpers import errors_in, signed_in
from tests.web.public.mail import link_in_mail, mails_to, words_of

ROSA = {"full_name": "Rosa Lind", "email": "Rosa@Example.org", "password": PASSWORD}
NELL = {"full_name": "Dr Nell Newcome", "email": "nell@example.org", "password": PASSWORD, "username": "nell"}
EMAIL = "rosa@example.org"


def account_with(session: Session, email: str) -> Account | None:
    return session.scalar(select(Account).where(Account.email == email))


def test_a_patient_signs_up_confirms_and_signs_in(client: FlaskClient, session: Session) -> None:
    assert client.get("/sign-up").status_code == 200
    assert client.post("/sign-up", data=ROSA).location == "/sign-up/sent"
    assert "Rosa@Example.org" in client.get("/sign-up/sent").text
    opened = client.get(link_in_mail(session, EMAIL, "verify-email"))
    assert opened.location == "/verify-email", "the token stays out of the page's address"
    assert client.get("/verify-email").status_code == 200
    assert client.post("/verify-email").location == "/sign-in/password"
    assert "your email address is confirmed" in client.get("/sign-in/password").text
    entered = client.post("/sign-in/password", data={"identifier": EMAIL, "password": PASSWORD})
    assert entered.location == "/patient/overview"
    shown = client.get("/patient/appointments")
    assert shown.status_code == 200
    assert client.get("/patient/profile").status_code == 200


def test_opening_the_link_confirms_nothing(client: FlaskClient, session: Session) -> None:
    client.post("/sign-up", data=ROSA)
    link = link_in_mail(session, EMAIL, "verify-email")
    for _scanner in range(3):
        client.get(link)
        client.get("/verify-email")
    account = account_with(session, EMAIL)
    assert account is not None
    session.refresh(account)
    assert account.email_verified_at is None


def test_a_clinician_signs_up_and_is_led_to_the_staffs_sign_in(client: FlaskClient, session: Session) -> None:
    assert client.get("/sign-up/clinician").status_code == 200
    assert client.post("/sign-up/clinician", data=NELL).status_code == 303
    client.get(link_in_mail(session, NELL["email"], "verify-email"))
    assert client.post("/verify-email").location == "/staff/sign-in"
    entered = client.post("/staff/sign-in", data={"identifier": "nell", "password": PASSWORD})
    assert entered.location == "/account/waiting"
    found = session.scalars(select(Clinician).join(Clinician.account).where(Account.username == "nell")).one()
    assert found.full_name == "Dr Nell Newcome"
    assert found.approved_at is None


def test_a_known_address_is_told_to_nobody_but_its_owner(
    client: FlaskClient, app: Flask, session: Session
) -> None:
    known = an_account(session, Role.FRONT_DESK, email=EMAIL)
    answers = []
    for email in (EMAIL, "new@example.org"):
        browser = app.test_client()
        asked = browser.post("/sign-up", data={**ROSA, "email": email})
        assert (asked.status_code, asked.location) == (303, "/sign-up/sent")
        answers.append(words_of(browser.get("/sign-up/sent").text, email))
    assert answers[0] == answers[1]
    session.refresh(known)
    assert known.full_name == "Fay Marsh"
    assert "/verify-email/" not in mails_to(session, EMAIL)[0].text


def test_a_new_link_can_be_had_whether_or_not_there_is_such_an_account(
    client: FlaskClient, app: Flask, session: Session
) -> None:
    client.post("/sign-up", data=ROSA)
    answers = []
    with clock.travel_to(NOW + timedelta(minutes=5)):
        for email in (EMAIL, "nobody@example.org"):
            browser = app.test_client()
            assert browser.post("/verify-email/again", data={"email": email}).location == "/sign-up/sent"
            answers.append(words_of(browser.get("/sign-up/sent").text, email))
    assert answers[0] == answers[1]
    assert len(mails_to(session, EMAIL)) == 2
    assert not mails_to(session, "nobody@example.org")
    client.get(link_in_mail(session, EMAIL, "verify-email"))
    assert client.post("/verify-email").location == "/sign-in/password"


def test_nobody_is_flooded_with_mail(client: FlaskClient, session: Session) -> None:
    client.post("/sign-up", data=ROSA)
    statuses = [client.post("/verify-email/again", data={"email": EMAIL}).status_code for _time in range(4)]
    assert statuses == [303, 303, 303, 429]
    refused = client.post("/forgot-password", data={"email": EMAIL.upper()})
    assert refused.status_code == 429
    assert "try again in 15 minutes" in errors_in(refused)
    assert len(mails_to(session, EMAIL)) == 4


def test_a_link_works_once(client: FlaskClient, session: Session) -> None:
    client.post("/sign-up", data=ROSA)
    link = link_in_mail(session, EMAIL, "verify-email")
    for status in (303, 400):
        client.get(link)
        answer = client.post("/verify-email")
        assert answer.status_code == status
    assert "has been used already" in answer.text
    assert "Send a new link" in answer.text


def test_a_late_link_says_so(client: FlaskClient, session: Session) -> None:
    client.post("/sign-up", data=ROSA)
    link = link_in_mail(session, EMAIL, "verify-email")
    with clock.travel_to(NOW + timedelta(hours=25)):
        client.get(link)
        answer = client.post("/verify-email")
    assert answer.status_code == 400
    assert "good for 24 hours" in answer.text


@pytest.mark.parametrize(
    "link", ["/verify-email/nonsense", "/verify-email/00000000-0000-4000-8000-000000000000"]
)
def test_a_link_that_we_never_sent_does_not_work(client: FlaskClient, session: Session, link: str) -> None:
    assert client.get(link).status_code == 303
    assert client.post("/verify-email").status_code == 400


def test_without_a_link_one_can_be_asked_for(client: FlaskClient, session: Session) -> None:
    for answer in (client.get("/verify-email"), client.post("/verify-email")):
        assert answer.location == "/verify-email/again"
    assert client.get("/verify-email/again").status_code == 200
    assert client.post("/verify-email/again", data={"email": "rosa"}).status_code == 422
    assert client.get("/sign-up/sent").location == "/sign-up"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"full_name": ""}, "Enter your full name"),
        ({"full_name": "R0sa"}, "A name can have letters"),
        ({"full_name": "x" * 101}, "100 characters or fewer"),
        ({"email": ""}, "Enter your email address"),
        ({"email": "rosa"}, "Enter an email address"),
        ({"password": ""}, "Enter a password"),
        ({"password": "Shrt-1"}, "Use 8 to 256 characters"),
        ({"password": "alllowercase1!"}, "upper and lower case"),
    ],
)
@pytest.mark.parametrize("page", [("/sign-up", ROSA), ("/sign-up/clinician", NELL)])
def test_what_cannot_be_used_comes_back_with_the_reason(
    client: FlaskClient,
    session: Session,
    page: tuple[str, dict[str, str]],
    change: dict[str, str],
    message: str,
) -> None:
    path, facts = page
    response = client.post(path, data={**facts, **change})
    assert response.status_code == 422
    assert message in errors_in(response)
    typed = {**facts, **change}["password"]
    assert not typed or typed not in response.text, "no password comes back"
    kept = "email" if "email" not in change else "full_name"
    assert f'value="{facts[kept]}"' in response.text
    assert account_with(session, facts["email"].lower()) is None


@pytest.mark.parametrize(
    ("username", "message"), [("a b", "Use 3 to 32 letters"), ("taken", "This username is taken")]
)
def test_a_username_that_cannot_be_had_is_said_beside_it(
    client: FlaskClient, session: Session, username: str, message: str
) -> None:
    an_account(session, username="taken")
    response = client.post("/sign-up/clinician", data={**NELL, "username": username})
    assert response.status_code == 422
    assert message in errors_in(response)
    assert 'id="username-error"' in response.text


def test_a_clinician_needs_no_username(client: FlaskClient, session: Session) -> None:
    assert client.post("/sign-up/clinician", data={**NELL, "username": ""}).status_code == 303
    entered = client.post("/staff/sign-in", data={"identifier": NELL["email"], "password": PASSWORD})
    assert entered.location == "/account/waiting"


def test_links_lead_to_the_practice_whatever_the_request_claims_to_be(
    client: FlaskClient, session: Session
) -> None:
    client.post("/sign-up", data=ROSA, headers={"Host": "evil.example"})
    assert "evil.example" not in mails_to(session, EMAIL)[0].text


def test_who_is_signed_in_signs_up_no_more(app: Flask, session: Session) -> None:
    browser = signed_in(app, an_account(session, Role.PATIENT))
    for path in ("/sign-up", "/sign-up/clinician"):
        assert browser.get(path).location == "/patient/overview"
        assert browser.post(path, data=ROSA).location == "/patient/overview"
    assert account_with(session, EMAIL) is None
