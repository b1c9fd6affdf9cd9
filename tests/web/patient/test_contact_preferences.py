"""Patients say how they want to be told; staff say it for them, and for themselves."""

from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.models import AuditEntry
from portal.core.permissions import Role
from tests.factories import a_patient, account_of, an_account
from tests.web.helpers import errors_in, signed_in

OWN = "/patient/contact-preferences"
WISH = {"channels": ["SMS", "EMAIL"], "language": "de", "time_zone": "asia/kolkata"}


def test_a_patient_chooses_and_may_change_their_mind(app: Flask, session: Session) -> None:
    ana = a_patient(session, phone="+447700900111", email="ana@example.org")
    browser = signed_in(app, account_of(session, ana))
    browser.set_cookie("tz", "America/New_York")
    shown = browser.get(OWN).text
    assert "WhatsApp to 07700 900111" in shown
    assert "Email to ana@example.org" in shown
    assert 'value="America/New_York"' in shown
    assert "Sign-in codes come whatever you choose here" in shown
    assert browser.post(OWN, data=WISH).status_code == 303
    session.refresh(ana)
    assert (ana.channels, ana.wants_reminders, ana.language, ana.time_zone) == (
        ["SMS", "EMAIL"],
        False,
        "de",
        "Asia/Kolkata",
    )
    assert "Text message, Email" in browser.get("/patient/profile").text
    entry = session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
    assert entry is not None
    assert entry.detail == {"fields": ["channels", "wants_reminders", "language", "time_zone"]}


def test_what_cannot_be_comes_back_as_it_was_typed(app: Flask, session: Session) -> None:
    ana = a_patient(session)
    browser = signed_in(app, account_of(session, ana))
    none_left = browser.post(OWN, data={"language": "de", "time_zone": "Atlantis"})
    assert none_left.status_code == 422
    assert "Choose at least one way" in errors_in(none_left)
    assert "Choose one of the time zones" in errors_in(none_left)
    assert 'value="Atlantis"' in none_left.text
    assert "Give us the phone number or email address" in errors_in(browser.post(OWN, data=WISH))
    odd = browser.post(OWN, data={"channels": "PIGEON", "language": "tlh"})
    assert "Choose one of the options" in errors_in(odd)
    session.refresh(ana)
    assert ana.channels is None


def test_staff_choose_for_a_patient_and_patients_for_nobody_else(app: Flask, session: Session) -> None:
    ana = a_patient(session, email="ana@example.org")
    path = f"/patients/{ana.id}/contact-preferences"
    fay = signed_in(app, an_account(session, Role.FRONT_DESK))
    assert "How we reach Ana Silva" in fay.get(path).text
    assert fay.post(path, data={**WISH, "wants_reminders": "y"}).status_code == 303
    assert "Text message, Email" in fay.get(f"/patients/{ana.id}").text
    assert fay.get("/patients/999999/contact-preferences").status_code == 404
    assert signed_in(app, an_account(session, Role.PATIENT)).get(path).status_code == 403
    assert signed_in(app, an_account(session, Role.CLINICIAN)).get(path).status_code == 404
    session.refresh(ana)
    assert ana.wants_reminders


def test_a_colleague_switches_news_by_mail_off_and_on(app: Flask, session: Session) -> None:
    account: Account = an_account(session, Role.CLINICIAN)
    browser = signed_in(app, account)
    for sent, wanted in (({"csrf_token": "x"}, False), ({"csrf_token": "x", "wants_mail": "y"}, True)):
        assert browser.post("/account/mail", data=sent).status_code == 303
        session.refresh(account)
        assert account.wants_mail is wanted
    assert signed_in(app, an_account(session, Role.PATIENT)).get("/account/mail").status_code == 403
