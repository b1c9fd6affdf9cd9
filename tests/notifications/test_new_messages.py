"""Whoever has not read what was written to them hears of it once, and not what it says."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.conversations import commands
from portal.conversations.queries import get_visible
from portal.notifications.channels import Outgoing
from portal.notifications.models import Channel, Delivery, Notification
from portal.notifications.sending import claim_due, prepare
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import an_appointment, wall

LATER = NOW + timedelta(minutes=5)
SECRET = "My knee hurts again"


@pytest.fixture
def cast(session: Session) -> Cast:
    """Ana, who sees Bo."""
    cast = Cast(session)
    an_appointment(
        session, clinician=cast.clinician, patient=cast.patient, starts_at=wall("2026-03-05 10:00")
    )
    return cast


def write_to_ana(session: Session, cast: Cast) -> int:
    message = commands.send(
        session, by=cast.bo, receiver_account_id=cast.ana.account_id, content=SECRET, at=NOW
    )
    session.flush()
    return message.conversation_id


def written(session: Session) -> list[Delivery]:
    return list(session.scalars(select(Delivery).where(Delivery.kind == "new-message").order_by(Delivery.id)))


def leave(session: Session) -> list[Outgoing]:
    (claim,) = claim_due(
        session, Channel.WHATSAPP, is_urgent=False, limit=1, at=LATER, lease=timedelta(minutes=1)
    )
    session.expire_all()
    message = prepare(session, claim, at=LATER)
    session.flush()
    return [] if message is None else [message]


def put_off_the_news(session: Session) -> None:
    """What else is due is not what this is about."""
    for row in session.scalars(select(Delivery).where(Delivery.kind != "new-message")):
        row.due_at = NOW + timedelta(days=30)
    session.flush()


def test_several_messages_make_one_notice_that_tells_nothing_of_them(session: Session, cast: Cast) -> None:
    put_off_the_news(session)
    for _ in range(3):
        write_to_ana(session, cast)
    assert [row.due_at for row in written(session)] == [LATER]
    (message,) = leave(session)
    link = f"http://127.0.0.1:8000/messages/{write_to_ana(session, cast)}"
    assert dict(message.parameters) == {"sender": "Dr Bo Larsen", "link": link}
    assert "Dr Bo Larsen" in message.text
    assert SECRET not in message.text


def test_what_was_read_in_the_portal_is_not_announced_by_phone(session: Session, cast: Cast) -> None:
    put_off_the_news(session)
    conversation = get_visible(session, cast.ana, write_to_ana(session, cast))
    commands.mark_read(session, conversation, by=cast.ana, up_to=conversation.last_message_id, at=NOW)
    session.flush()
    assert leave(session) == []
    assert [(row.status, row.reason) for row in written(session)] == [("SKIPPED", "READ")]


def test_the_notice_in_the_portal_is_in_the_readers_language(session: Session, cast: Cast) -> None:
    cast.patient.language = "de"
    write_to_ana(session, cast)
    title = session.scalars(select(Notification.title).where(Notification.kind == "new_message")).one()
    assert title == "Neue Nachricht von Dr Bo Larsen"


def test_what_waits_elsewhere_does_not_announce_what_was_read(session: Session, cast: Cast) -> None:
    put_off_the_news(session)
    read = get_visible(session, cast.ana, write_to_ana(session, cast))
    commands.send(
        session,
        by=cast.fay,
        receiver_account_id=cast.ana.account_id,
        centre_id=cast.leeds.id,
        content="Please call us",
        at=NOW + timedelta(hours=1),
    )
    commands.mark_read(session, read, by=cast.ana, up_to=read.last_message_id, at=NOW)
    session.flush()
    assert leave(session) == []
    assert [row.status for row in written(session)] == ["SKIPPED", "PENDING"]
