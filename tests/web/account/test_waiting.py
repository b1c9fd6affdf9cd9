"""What somebody sees who has signed up and may not begin yet."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.permissions import SYSTEM, Role
from portal.people.approvals import decide_approval
from portal.people.models import Clinician
from tests.conftest import NOW
from tests.factories import PASSWORD, a_clinician, account_of, an_account, slots_of
from tests.web.helpers import HTMX, signed_in
from tests.web.public.mail import link_in_mail, mails_to

NELL = {"full_name": "Dr Nell Newcome", "email": "nell@example.org", "password": PASSWORD, "username": ""}
ROSA = {"full_name": "Rosa Lind", "email": "rosa@example.org", "password": PASSWORD}
WAITING = "/account/waiting"


@pytest.fixture
def nell(client: FlaskClient, session: Session) -> Clinician:
    """A clinician who has just signed up."""
    assert client.post("/sign-up/clinician", data=NELL).status_code == 303
    mine = Account.email == NELL["email"]
    return session.scalars(select(Clinician).join(Clinician.account).where(mine)).one()


@pytest.fixture
def nells(app: Flask, session: Session, nell: Clinician) -> FlaskClient:
    return signed_in(app, account_of(session, nell))


@pytest.fixture
def rosas(app: Flask, client: FlaskClient, session: Session) -> FlaskClient:
    """The browser of a patient who has just signed up by mail."""
    assert client.post("/sign-up", data=ROSA).status_code == 303
    return signed_in(app, session.scalars(select(Account).where(Account.email == ROSA["email"])).one())


def confirm(browser: FlaskClient, session: Session, email: str) -> str:
    browser.get(link_in_mail(session, email, "verify-email"))
    return str(browser.post("/verify-email").location)


def approve(session: Session, clinician: Clinician, *, is_approved: bool = True, reason: str = "") -> None:
    session.refresh(account_of(session, clinician))
    decide_approval(session, clinician, is_approved=is_approved, reason=reason, by=SYSTEM, at=NOW)
    session.flush()


def test_a_clinician_is_led_from_every_page_to_what_is_left(nells: FlaskClient, nell: Clinician) -> None:
    for path in ("/clinician/day", "/clinician/week", "/patients", f"/clinicians/{nell.id}/hours"):
        answer = nells.get(path)
        assert answer.status_code in {303, 404}, path
        assert answer.status_code == 404 or answer.location == WAITING, path
    shown = nells.get(WAITING).text
    for words in ("Confirm your email address", "Approval by the practice", "Your profile", "Working hours"):
        assert words in shown
    assert "nell@example.org" in shown
    assert 'href="/clinician/day"' not in shown, "the menu offers what is open only"
    assert 'href="/clinician/profile"' in shown


def test_the_steps_are_ticked_off_one_by_one(nells: FlaskClient, session: Session, nell: Clinician) -> None:
    assert "Send the link again" in nells.get(WAITING).text
    assert confirm(nells, session, NELL["email"]) == WAITING
    shown = nells.get(WAITING).text
    assert "Send the link again" not in shown
    assert shown.count('aria-label="Done:"') == 2, "the address, and the service that everybody starts with"
    assert nells.get("/clinician/day").location == WAITING
    approve(session, nell)
    assert nells.get(WAITING).location == "/clinician/day"
    assert nells.get("/clinician/day").status_code == 200


def test_the_profile_can_be_completed_meanwhile(
    nells: FlaskClient, session: Session, nell: Clinician
) -> None:
    assert "Still missing: a text about you, fields of work, a fee" in nells.get(WAITING).text
    facts = {
        "full_name": "Dr Nell Newcome",
        "bio": "I listen.",
        "specialization": "Sleep",
        "consultation_fee_minor": "45",
    }
    assert nells.post("/clinician/profile", data=facts).status_code == 303
    assert "Still missing" not in nells.get(WAITING).text


def test_an_approved_clinician_sees_on_their_day_what_is_missing(
    nells: FlaskClient, session: Session, nell: Clinician
) -> None:
    confirm(nells, session, NELL["email"])
    approve(session, nell)
    shown = nells.get("/clinician/day").text
    assert "Before patients can book" in shown
    assert "Still missing: a text about you, fields of work, a fee" in shown
    assert "Give hours" in shown


def test_a_complete_clinician_sees_no_list(app: Flask, session: Session) -> None:
    jane = a_clinician(session, bio="I listen.", specialization=["Sleep"])
    assert (
        "Before patients can book" not in signed_in(app, account_of(session, jane)).get("/clinician/day").text
    )


def test_who_was_rejected_reads_why(nells: FlaskClient, session: Session, nell: Clinician) -> None:
    confirm(nells, session, NELL["email"])
    approve(session, nell, is_approved=False, reason="Please add your licence number.")
    assert "Please add your licence number." in nells.get(WAITING).text


def test_whose_approval_was_taken_back_confirms_no_address(app: Flask, session: Session) -> None:
    jane = a_clinician(session)
    hers = signed_in(app, account_of(session, jane))
    approve(session, jane, is_approved=False, reason="Your licence has ended.")
    assert hers.get("/clinician/day").location == WAITING
    shown = hers.get(WAITING).text
    assert "Your licence has ended." in shown
    assert "Confirm your email address" not in shown


def test_a_patient_confirms_before_booking(rosas: FlaskClient, session: Session) -> None:
    jane = a_clinician(session)
    assert rosas.get("/patient/appointments").location == WAITING
    shown = rosas.get(WAITING).text
    assert "Confirm your email address" in shown
    assert "Approval by the practice" not in shown
    refused = rosas.post("/holds", data={"slot": slots_of(session, jane)[0].id})
    assert refused.status_code == 403
    assert "confirm your email address" in refused.text
    assert confirm(rosas, session, ROSA["email"]) == WAITING
    assert rosas.get(WAITING).location == "/patient/overview"
    assert rosas.post("/holds", data={"slot": slots_of(session, jane)[0].id}).status_code == 303


def test_the_link_can_be_sent_again_from_there(rosas: FlaskClient, session: Session) -> None:
    assert rosas.post("/verify-email/again", data={"email": ROSA["email"]}).location == "/sign-up/sent"
    assert len(mails_to(session, ROSA["email"])) == 2


def test_htmx_is_told_to_go_there_and_a_post_is_refused(nells: FlaskClient) -> None:
    asked = nells.get("/clinician/day", headers=HTMX)
    assert (asked.status_code, asked.headers["HX-Redirect"]) == (204, WAITING)
    assert nells.post("/account/own-visits").status_code == 403


def test_who_waits_for_nothing_has_no_such_page(app: Flask, session: Session) -> None:
    assert signed_in(app, an_account(session, Role.ADMIN)).get(WAITING).location == "/admin"
