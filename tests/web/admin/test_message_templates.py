"""The words of messages: an administrator tries them, keeps them, and goes back to the standard ones."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.notifications.models import MessageTemplate
from tests.web.helpers import HTMX, counted, errors_in

MAIL = "/admin/message-templates/appointment-confirmed/email/en"
SMS = "/admin/message-templates/appointment-confirmed/sms/de"
WHATSAPP = "/admin/message-templates/appointment-confirmed/whatsapp/en"


def kept(session: Session) -> MessageTemplate | None:
    return session.scalar(select(MessageTemplate))


def test_the_list_says_which_words_are_the_practices_own(admin: FlaskClient) -> None:
    assert "Your words" not in admin.get("/admin/message-templates").text
    admin.post(SMS, data={"body": "Bis {when}!"})
    german = admin.get("/admin/message-templates?language=de")
    assert german.text.count("Your words") == 1
    assert SMS in german.text
    assert "/verify-email/email/de" in german.text
    assert "/verify-email/sms/de" not in german.text
    assert "Your words" not in admin.get("/admin/message-templates?language=xx").text
    with counted() as queries:
        admin.get("/admin/message-templates")
    assert len(queries) <= 8


def test_words_are_saved_and_shown_with_examples_in_their_place(admin: FlaskClient, session: Session) -> None:
    before = admin.get(MAIL).text
    assert "Your appointment with {clinician} is booked for {when}, {where}." in before
    assert (
        "Your appointment with <bdi>Dr Jane Smith</bdi> is booked for <bdi>Monday 9 March, 10:00 (GMT)</bdi>"
        in before
    )
    response = admin.post(MAIL, data={"subject": "Booked", "body": "See you {when}.\r\n\r\n{link}"})
    assert response.location == "/admin/message-templates?language=en"
    template = kept(session)
    assert template is not None
    assert (template.subject, template.body) == ("Booked", "See you {when}.\n\n{link}")
    after = admin.get(MAIL).text
    assert "See you <bdi>Monday 9 March, 10:00 (GMT)</bdi>." in after
    assert "Back to the standard words" in after


def test_what_cannot_be_used_is_said_beside_its_field_and_the_form_stays_filled(
    admin: FlaskClient, session: Session
) -> None:
    response = admin.post(MAIL, data={"subject": "", "body": "Hello <b>{patient}</b>, {foo}"})
    assert response.status_code == 422
    assert "Enter the subject" in errors_in(response)
    assert "Use only the placeholders" in errors_in(response)
    assert "Hello &lt;b&gt;{patient}&lt;/b&gt;, {foo}</textarea>" in response.text
    assert 'href="#body"' in errors_in(response)
    assert kept(session) is None


def test_whatsapp_is_told_the_name_of_the_approved_template(admin: FlaskClient, session: Session) -> None:
    refused = admin.post(WHATSAPP, data={"body": "{when}", "provider_template": "My Template"})
    assert "Use small letters, digits and underscores" in errors_in(refused)
    admin.post(WHATSAPP, data={"body": "{when} {patient}", "provider_template": "booked_v2", "subject": "x"})
    template = kept(session)
    assert template is not None
    assert (template.provider_template, template.subject) == ("booked_v2", "")
    assert "booked_v2 with, in this order: when, patient" in admin.get(WHATSAPP).text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_preview_shows_what_is_in_the_form_and_saves_nothing(
    admin: FlaskClient, session: Session, headers: dict[str, str]
) -> None:
    words = {"body": "Bis bald, {patient} <i>{foo}</i>"}
    response = admin.post(f"{SMS}/preview", data=words, headers=headers)
    assert response.status_code == 200
    assert "Bis bald, Ana Silva &lt;i&gt;&lt;/i&gt;" in response.text
    assert "Use only the placeholders" in response.text
    assert "1 SMS" in response.text
    assert ("<html" in response.text) is not bool(headers)
    assert ("</textarea>" in response.text) is not bool(headers)
    assert kept(session) is None


def test_the_standard_words_come_back_after_a_question(admin: FlaskClient, session: Session) -> None:
    assert admin.get(f"{SMS}/removal").status_code == 404
    admin.post(SMS, data={"body": "Bis {when}!"})
    asked = admin.get(f"{SMS}/removal")
    assert "Ihr Termin bei Dr Jane Smith ist gebucht" in asked.text
    assert kept(session) is not None
    assert admin.post(f"{SMS}/removal").location == "/admin/message-templates?language=de"
    assert kept(session) is None


@pytest.mark.parametrize(
    "which",
    ["nothing/sms/en", "verify-email/sms/en", "appointment-confirmed/SMS/en", "appointment-confirmed/sms/xx"],
)
def test_a_message_that_there_is_not_is_not_found(admin: FlaskClient, which: str) -> None:
    for path in (which, f"{which}/removal"):
        assert admin.get(f"/admin/message-templates/{path}").status_code == 404
    assert admin.post(f"/admin/message-templates/{which}/preview").status_code == 404


def test_only_administrators_change_what_messages_say(manager: FlaskClient, desk: FlaskClient) -> None:
    for somebody in (manager, desk):
        for path in ("/admin/message-templates", MAIL, f"{MAIL}/removal"):
            assert somebody.get(path).status_code == 403
        assert somebody.post(MAIL, data={"subject": "x", "body": "{when}"}).status_code == 403
    assert "Message wording" not in manager.get("/admin").text
