"""Clinicians who signed up by themselves: who waits, and what is decided about them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.accounts.sign_up import sign_up
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.people.models import Clinician
from tests.conftest import NOW
from tests.factories import PASSWORD, a_clinician, account_of
from tests.web.helpers import counted, errors_in, signed_in
from tests.web.public.mail import mails_to


def signs_up(session: Session, name: str, email: str, *, is_confirmed: bool = True) -> Clinician:
    sign_up(
        session,
        role=Role.CLINICIAN,
        full_name=name,
        email=email,
        password=PASSWORD,
        currency="GBP",
        time_zone="Europe/London",
        verify_link=lambda token: f"/verify-email/{token}",
        at=NOW,
    )
    if is_confirmed:
        session.execute(update(Account).where(Account.email == email).values(email_verified_at=NOW))
    session.flush()
    return session.query(Clinician).join(Clinician.account).filter(Account.email == email).one()


@pytest.fixture
def nell(session: Session) -> Clinician:
    return signs_up(session, "Dr Nell Newcome", "nell@example.org")


def page_of(clinician: Clinician) -> str:
    return f"/admin/approvals/{clinician.id}"


def test_who_waits_is_seen_from_the_start_page_on(admin: FlaskClient, nell: Clinician) -> None:
    assert "1 clinician waits for approval" in admin.get("/admin").text
    shown = admin.get("/admin/approvals").text
    assert "Dr Nell Newcome" in shown
    assert "nell@example.org" in shown
    assert "Waits for you" in shown
    assert "Not approved" in admin.get("/admin/clinicians").text
    assert page_of(nell) in admin.get(f"/admin/clinicians/{nell.id}").text


def test_an_approval_opens_the_clinicians_pages_and_is_told(
    app: Flask, admin: FlaskClient, session: Session, nell: Clinician
) -> None:
    nells = signed_in(app, account_of(session, nell))
    assert nells.get("/clinician/day").location == "/account/waiting"
    assert admin.get(page_of(nell)).status_code == 200
    assert (
        admin.post(page_of(nell), data={"decision": "approve", "reason": ""}).location == "/admin/approvals"
    )
    assert "Dr Nell Newcome is approved." in admin.get("/admin/approvals").text
    assert "Nobody is waiting" in admin.get("/admin/approvals").text
    assert nells.get("/clinician/day").status_code == 200
    assert "approved" in mails_to(session, "nell@example.org")[0].subject


def test_a_no_needs_a_reason_which_is_kept_and_told(
    admin: FlaskClient, session: Session, nell: Clinician
) -> None:
    refused = admin.post(page_of(nell), data={"decision": "reject", "reason": " "})
    assert refused.status_code == 422
    assert "Say why" in errors_in(refused)
    assert 'id="reason-error"' in refused.text
    assert admin.post(page_of(nell), data={"decision": "reject", "reason": "No licence"}).status_code == 303
    assert "clinician waits for approval" not in admin.get("/admin").text
    assert "No licence" in admin.get(f"/admin/clinicians/{nell.id}").text
    assert "No licence" in mails_to(session, "nell@example.org")[0].text
    assert "Not approved" in admin.get("/admin/approvals").text


def test_a_decision_can_be_taken_back(admin: FlaskClient, session: Session, nell: Clinician) -> None:
    for data in (
        {"decision": "approve", "reason": ""},
        {"decision": "reject", "reason": "The licence has ended"},
        {"decision": "approve", "reason": "Renewed"},
    ):
        assert admin.post(page_of(nell), data=data).status_code == 303
    session.refresh(nell)
    assert nell.approved_at is not None
    shown = admin.get(page_of(nell)).text
    assert shown.index("Renewed") < shown.index("The licence has ended")
    assert "Ada Admin" in shown
    assert "Take the approval back" in shown


def test_the_address_is_confirmed_first(admin: FlaskClient, session: Session) -> None:
    early = signs_up(session, "Ed Early", "ed@example.org", is_confirmed=False)
    assert "clinician waits for approval" not in admin.get("/admin").text
    assert "Email not confirmed" in admin.get("/admin/approvals").text
    shown = admin.get(page_of(early)).text
    assert 'value="approve"' not in shown
    assert "not confirmed yet" in shown
    assert admin.post(page_of(early), data={"decision": "approve"}).status_code == 409


def test_whom_the_practice_has_made_is_approved_already(
    admin: FlaskClient, session: Session, riverside: Centre
) -> None:
    jane = a_clinician(session, riverside)
    assert "Nobody is waiting" in admin.get("/admin/approvals").text
    assert "Take the approval back" in admin.get(page_of(jane)).text
    assert admin.post(page_of(jane), data={"decision": "reject", "reason": "Left"}).status_code == 303
    assert "Jane Smith" in admin.get("/admin/approvals").text


def test_only_administrators_decide(
    app: Flask, manager: FlaskClient, centre_manager: FlaskClient, session: Session, nell: Clinician
) -> None:
    nells = signed_in(app, account_of(session, nell))
    for browser in (manager, centre_manager, nells):
        for path in ("/admin/approvals", page_of(nell)):
            assert browser.get(path).status_code == 403
        assert browser.post(page_of(nell), data={"decision": "approve"}).status_code == 403
    assert "waits for approval" not in manager.get("/admin").text
    session.refresh(nell)
    assert nell.approved_at is None


def test_nobody_decides_about_nobody(admin: FlaskClient, session: Session) -> None:
    assert admin.get("/admin/approvals/999999").status_code == 404


def test_the_list_asks_the_database_little(admin: FlaskClient, session: Session, nell: Clinician) -> None:
    for number in range(5):
        signs_up(session, f"Clara {'ABCDE'[number]}", f"clara{number}@example.org")
    for path in ("/admin/approvals", page_of(nell)):
        with counted() as queries:
            assert admin.get(path).status_code == 200
        assert len(queries) <= 8, path
