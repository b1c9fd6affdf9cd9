"""The practice's own words: used in place of ours, checked before they are kept, audited, and given up again."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core.errors import Invalid, NotFound
from portal.core.permissions import Actor, Role
from portal.notifications.kinds import Kind
from portal.notifications.models import MessageTemplate
from portal.notifications.wording import words
from portal.notifications.wording.own import reset_template, save_template
from tests.conftest import NOW
from tests.factories import an_actor
from tests.web.helpers import counted

VALUES = {
    "when": "Friday",
    "clinician": "Dr Jane Smith",
    "patient": "Ana",
    "where": "online",
    "link": "https://b.example/1",
}


@pytest.fixture
def ada(session: Session) -> Actor:
    return an_actor(session, Role.ADMIN)


def save(
    session: Session, by: Actor, kind: str = Kind.CONFIRMED, channel: str = "SMS", **changes: Any
) -> MessageTemplate:
    facts: dict[str, Any] = {
        "language": "en",
        "subject": "",
        "body": "See you {when}.",
        "provider_template": "",
        "at": NOW,
    }
    facts.update(changes)
    return save_template(session, kind, channel, by=by, **facts)


def said(session: Session, channel: str = "SMS", language: str | None = "en") -> str:
    return words(session, Kind.CONFIRMED, channel, language, VALUES).text


def test_own_words_stand_in_for_ours_in_their_language_and_channel_alone(
    session: Session, ada: Actor
) -> None:
    save(session, ada)
    assert said(session) == "See you Friday."
    assert said(session, "WHATSAPP").startswith("Your appointment with Dr Jane Smith is booked for Friday")
    assert said(session, language="de-AT").startswith("Ihr Termin bei Dr Jane Smith ist gebucht: Friday")
    assert said(session, language="fr") == "See you Friday."
    assert said(session, language=None) == "See you Friday."


def test_words_cost_one_query(session: Session) -> None:
    with counted() as queries:
        said(session)
    assert len(queries) == 1


def test_words_of_which_a_value_is_missing_are_a_mistake_of_ours(session: Session) -> None:
    with pytest.raises(KeyError, match="appointment-confirmed needs"):
        words(session, Kind.CONFIRMED, "SMS", "en", {"patient": "Ana"})


def test_whatsapp_gets_its_own_name_and_the_values_in_the_order_of_the_text(
    session: Session, ada: Actor
) -> None:
    ours = words(session, Kind.CONFIRMED, "WHATSAPP", "en", VALUES)
    assert ours.provider_template == "appointment_confirmed"
    assert list(ours.parameters.items()) == [
        (name, VALUES[name]) for name in ("clinician", "when", "where", "link")
    ]
    save(session, ada, channel="WHATSAPP", body="{when}, {patient}", provider_template="booked_v2")
    own = words(session, Kind.CONFIRMED, "WHATSAPP", "en", VALUES)
    assert (own.provider_template, dict(own.parameters)) == (
        "booked_v2",
        {"when": "Friday", "patient": "Ana"},
    )
    assert not own.html


def test_own_mail_has_its_paragraphs_lines_and_button(session: Session, ada: Actor) -> None:
    body = "Dear {patient}\r\nsee you {when}\r\n\r\n{link}\r\n\r\nAlso at {link}."
    save(session, ada, channel="EMAIL", subject="Booked: {when}", body=body)
    mail = words(session, Kind.CONFIRMED, "EMAIL", "en", VALUES)
    assert mail.subject == "Booked: Friday"
    assert mail.text == (
        "Dear Ana\nsee you Friday\n\nSee your appointment: https://b.example/1\n\nAlso at https://b.example/1."
    )
    assert "Dear <bdi>Ana</bdi><br>see you <bdi>Friday</bdi></p>" in mail.html
    assert mail.html.count('href="https://b.example/1"') == 2


REFUSED: list[tuple[str, str, dict[str, str], str, str]] = [
    (Kind.CONFIRMED, "SMS", {"body": " \n"}, "body", "Enter the text"),
    (Kind.CONFIRMED, "SMS", {"body": "Hello {patient}"}, "body", "Say when"),
    (Kind.CONFIRMED, "SMS", {"body": "{when} {code}"}, "body", "Use only the placeholders"),
    (Kind.CONFIRMED, "SMS", {"body": "{when} {When}"}, "body", "Use only the placeholders"),
    (Kind.CONFIRMED, "SMS", {"body": "{when} {}"}, "body", "Use only the placeholders"),
    (Kind.CONFIRMED, "SMS", {"body": "{patient, {when}"}, "body", "Use only the placeholders"),
    (Kind.CONFIRMED, "EMAIL", {"subject": "See you {when"}, "subject", "good for a subject"),
    (Kind.CONFIRMED, "SMS", {"body": "{when}" + "x" * 1000}, "body", "Use 1000"),
    (Kind.CONFIRMED, "WHATSAPP", {"body": "{when}" + "x" * 1024}, "body", "Use 1024"),
    (
        Kind.CONFIRMED,
        "WHATSAPP",
        {"provider_template": "Booked v2"},
        "provider_template",
        "Use small letters",
    ),
    (Kind.SIGN_IN_CODE, "SMS", {"body": "Your code"}, "body", "Say the code"),
    (Kind.PASSWORD_RESET, "EMAIL", {"subject": "x", "body": "Hello"}, "body", "Give the link"),
    (Kind.REMINDER_DAY, "SMS", {"body": "Hello"}, "body", "Say which appointments"),
    (Kind.CLINICIAN_REJECTED, "SMS", {"body": "No."}, "body", "Say why"),
    (Kind.CONFIRMED, "EMAIL", {}, "subject", "Enter the subject"),
    (Kind.CONFIRMED, "EMAIL", {"subject": "x\r\nBcc: a@example.org"}, "subject", "one line"),
    (Kind.CONFIRMED, "EMAIL", {"subject": "x" * 151}, "subject", "Use 150"),
    (Kind.CONFIRMED, "EMAIL", {"subject": "{link}"}, "subject", "good for a subject"),
]


def test_words_that_cannot_be_used_are_refused_by_field(session: Session, ada: Actor) -> None:
    for kind, channel, changes, field, fault in REFUSED:
        with pytest.raises(Invalid) as refusal:
            save(session, ada, kind, channel, **changes)
        assert list(refusal.value.details) == [field], changes
        assert fault in refusal.value.details[field]
    assert session.scalar(select(MessageTemplate)) is None


@pytest.mark.parametrize(
    ("kind", "channel", "language"),
    [
        ("no-such-kind", "SMS", "en"),
        (Kind.VERIFY_EMAIL, "SMS", "en"),
        (Kind.CONFIRMED, "PIGEON", "en"),
        (Kind.CONFIRMED, "SMS", "fr"),
    ],
)
def test_a_message_that_never_leaves_has_no_words(
    session: Session, ada: Actor, kind: str, channel: str, language: str
) -> None:
    with pytest.raises(NotFound):
        save(session, ada, kind, channel, language=language)


def test_who_changed_which_words_is_audited_without_the_words(session: Session, ada: Actor) -> None:
    first = save(session, ada)
    again = save(session, ada, body="On {when}.\x00\u202e")
    assert (again.id, again.body, again.updated_by_id) == (first.id, "On {when}.", ada.account_id)
    reset_template(session, Kind.CONFIRMED, "SMS", "en", by=ada, at=NOW)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    told = [
        (entry.action, entry.account_id, entry.detail["fields"])
        for entry in entries
        if "template" in entry.detail
    ]
    assert told == [
        ("message-template.edit", ada.account_id, ["body"]),
        ("message-template.edit", ada.account_id, ["body"]),
        ("message-template.reset", ada.account_id, []),
    ]
    assert entries[-1].detail["template"] == "appointment-confirmed/SMS/en"
    assert said(session).startswith("Your appointment with")
    with pytest.raises(NotFound):
        reset_template(session, Kind.CONFIRMED, "SMS", "en", by=ada, at=NOW)
