"""The link in a mail that stops mails."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.notifications.preferences import unsubscribe_token
from portal.people.models import Patient
from tests.factories import a_patient


@pytest.fixture
def ana(session: Session) -> Patient:
    ana = a_patient(session, full_name="Ana Silva", phone="+447700900111", email="ana@example.org")
    ana.channels = ["WHATSAPP", "EMAIL"]
    session.flush()
    return ana


@pytest.fixture
def link(app: Flask, ana: Patient) -> str:
    return f"/unsubscribe/{unsubscribe_token(app.config['SETTINGS'].secret_key, ana.id)}"


def test_opening_the_link_changes_nothing_and_names_nobody(
    session: Session, client: FlaskClient, ana: Patient, link: str
) -> None:
    shown = client.get(link).text
    assert "a•••@example.org" in shown
    for private in ("Ana", "Silva", "ana@example.org", "900111"):
        assert private not in shown
    assert "News about your appointments still comes: WhatsApp." in shown
    session.refresh(ana)
    assert ana.channels == ["WHATSAPP", "EMAIL"]


def test_the_button_stops_mails_and_says_how_to_get_them_back(
    session: Session, client: FlaskClient, ana: Patient, link: str
) -> None:
    for _ in range(2):
        after = client.post(link, follow_redirects=True).text
        assert "We send no more of these mails" in after
        assert 'href="/patient/contact-preferences"' in after
    session.refresh(ana)
    assert (ana.channels, ana.wants_reminders) == (["WHATSAPP"], True)


def test_a_mail_programs_one_click_needs_no_cookie_and_no_token_of_a_form(
    app: Flask, session: Session, ana: Patient, link: str
) -> None:
    ana.phone, ana.channels = None, None
    session.flush()
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        program = app.test_client(use_cookies=False)
        answer = program.post(link, data={"List-Unsubscribe": "One-Click"})
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 200
    assert "Reminders are off." in answer.text
    session.refresh(ana)
    assert (ana.channels, ana.wants_reminders) == (None, False)


def test_a_link_that_is_not_ours_is_no_link(client: FlaskClient, link: str) -> None:
    for wrong in (f"{link}x", "/unsubscribe/rubbish", "/unsubscribe/MQ.x"):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong, data={"List-Unsubscribe": "One-Click"}).status_code == 404
