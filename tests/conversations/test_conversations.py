"""Writing, reading, and what is new."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.conversations.commands import mark_read, reply
from portal.conversations.models import Conversation
from portal.conversations.queries import (
    conversations_of,
    get_visible,
    message_for,
    messages_of,
    unread_count,
)
from portal.core.errors import Forbidden, Invalid, NotFound
from portal.core.permissions import Actor
from portal.notifications.models import Notification
from tests.cast import Cast
from tests.conftest import NOW
from tests.conversations.conftest import Writes
from tests.factories import a_centre, a_clinician, an_appointment
from tests.web.helpers import counted


def told(session: Session, actor: Actor) -> list[bool]:
    """Of each word in-app about a new message, whether it was read."""
    rows = select(Notification).where(
        Notification.account_id == actor.account_id, Notification.kind == "new_message"
    )
    return [one.read_at is not None for one in session.scalars(rows.order_by(Notification.id))]


def read(session: Session, actor: Actor, conversation_id: int) -> None:
    conversation = get_visible(session, actor, conversation_id)
    mark_read(session, conversation, by=actor, up_to=conversation.last_message_id, at=NOW)


def test_two_people_have_one_conversation_whoever_writes_first(
    session: Session, cast: Cast, writes: Writes
) -> None:
    first, second = writes(cast.ana, to=cast.bo), writes(cast.bo, to=cast.ana)
    assert first.conversation_id == second.conversation_id
    shown = messages_of(session, get_visible(session, cast.ana, first.conversation_id))
    assert [one.id for one in shown.messages] == [first.id, second.id]


@pytest.mark.parametrize("content", ["", "   ", "\r\n\t", "x" * 5001, "nul\0"])
def test_what_cannot_be_written_is_told_by_the_field(cast: Cast, writes: Writes, content: str) -> None:
    with pytest.raises(Invalid) as refused:
        writes(cast.ana, to=cast.bo, content=content)
    assert list(refused.value.details) == ["content"]


def test_the_ends_of_a_text_are_cut_and_five_thousand_characters_fit(cast: Cast, writes: Writes) -> None:
    assert writes(cast.ana, to=cast.bo, content="  a\r\nb \n").content == "a\nb"
    assert len(writes(cast.ana, to=cast.bo, content="🩺" * 5000).content) == 5000


def test_a_conversation_is_there_for_its_own_and_for_nobody_else(
    session: Session, cast: Cast, writes: Writes
) -> None:
    between_two = writes(cast.ana, to=cast.bo)
    with_team = writes(cast.ana, centre_id=cast.leeds.id)
    seen: dict[str, list[Any]] = {}
    for name, actor in cast.everybody().items():
        for message in (between_two, with_team):
            try:
                seen.setdefault(name, []).append(
                    get_visible(session, actor, message.conversation_id).id == message.conversation_id
                )
            except (NotFound, Forbidden) as refusal:
                seen[name].append(type(refusal))
            assert (message_for(session, actor, message.id) is not None) == (seen[name][-1] is True)
    team, nobody = [NotFound, True], [NotFound, NotFound]
    assert seen == {
        "ana": [True, True],
        "bo": [True, NotFound],
        **dict.fromkeys(("fay", "cora", "mia", "max", "ada"), team),
        "zack": [NotFound, Forbidden],
        "zoe": nobody,
        "zora": nobody,
    }


def test_what_the_other_side_wrote_is_new_until_it_is_read(
    session: Session, cast: Cast, writes: Writes
) -> None:
    first = writes(cast.ana, to=cast.bo)
    writes(cast.ana, to=cast.bo)
    assert (unread_count(session, cast.ana), unread_count(session, cast.bo)) == (0, 2)
    conversation = get_visible(session, cast.bo, first.conversation_id)
    mark_read(session, conversation, by=cast.bo, up_to=first.id, at=NOW)
    assert unread_count(session, cast.bo) == 1
    letter = message_for(session, cast.ana, first.id)
    assert letter is not None
    assert letter.is_read
    mark_read(
        session, conversation, by=cast.bo, up_to=0, at=NOW
    )  # a page that was open for long takes nothing back
    assert unread_count(session, cast.bo) == 1
    mark_read(session, conversation, by=cast.bo, up_to=10**12, at=NOW)
    later = reply(session, conversation, by=cast.ana, content="And?", at=NOW)
    assert unread_count(session, cast.bo) == 1  # what nobody has seen cannot be read ahead of time
    assert not message_for(session, cast.bo, later.id).is_read  # type: ignore[union-attr]


def test_a_team_reads_together(session: Session, cast: Cast, writes: Writes) -> None:
    asked = writes(cast.ana, centre_id=cast.leeds.id)
    for actor, number in ((cast.fay, 1), (cast.cora, 1), (cast.ada, 1), (cast.zack, 0), (cast.ana, 0)):
        assert unread_count(session, actor) == number
        assert sum(one.unread for one in conversations_of(session, actor).items) == number
    read(session, cast.fay, asked.conversation_id)
    assert unread_count(session, cast.cora) == 0
    answer = writes(cast.cora, to=cast.ana, centre_id=cast.leeds.id)
    assert answer.conversation_id == asked.conversation_id
    assert (unread_count(session, cast.ana), unread_count(session, cast.fay)) == (1, 0)
    letter = message_for(session, cast.ana, answer.id)
    assert letter is not None
    assert (letter.sender_name, letter.receiver_name) == ("Fay Marsh", "Ana Silva")


def test_of_thirty_messages_the_other_side_is_told_once(session: Session, cast: Cast, writes: Writes) -> None:
    for _number in range(3):
        message = writes(cast.ana, to=cast.bo)
    assert told(session, cast.bo) == [False]
    read(session, cast.bo, message.conversation_id)
    assert told(session, cast.bo) == [True]
    writes(cast.ana, to=cast.bo)
    assert told(session, cast.bo) == [True, False]
    assert told(session, cast.ana) == []


def test_a_team_is_told_and_once_one_has_read_it_nobody_need(
    session: Session, cast: Cast, writes: Writes
) -> None:
    people = (cast.fay, cast.cora, cast.zack, cast.ada)
    asked = writes(cast.ana, centre_id=cast.leeds.id, content="My secret")
    assert [told(session, one) for one in people] == [[False], [False], [], []]
    assert session.scalar(select(func.count()).where(Notification.text.contains("secret"))) == 0
    read(session, cast.fay, asked.conversation_id)
    assert told(session, cast.cora) == [True]


def test_a_centre_where_nobody_works_is_answered_for_by_those_who_run_the_practice(
    session: Session, cast: Cast, writes: Writes
) -> None:
    people = (cast.ada, cast.max, cast.fay)
    empty = a_centre(session, city="Hull")
    an_appointment(
        session, clinician=a_clinician(session, empty, hours="Mon-Fri 13-17"), patient=cast.patient
    )
    writes(cast.ana, centre_id=empty.id)
    assert [told(session, one) for one in people] == [[False], [False], []]


def test_the_list_takes_as_many_queries_for_many_as_for_one(
    session: Session, cast: Cast, writes: Writes
) -> None:
    writes(cast.ana, to=cast.bo, content="First")
    session.flush()
    session.expire_all()
    with counted() as for_one:
        assert [one.unread for one in conversations_of(session, cast.bo).items] == [1]
    writes(cast.fay, to=cast.bo)
    writes(cast.bo, centre_id=cast.leeds.id, content="Last")
    session.flush()
    session.expire_all()
    with counted() as for_three:
        talks = conversations_of(session, cast.bo).items
    assert [(one.title, one.last.content, one.unread) for one in talks] == [
        (cast.leeds.name, "Last", 0),
        ("Fay Marsh", "Hello", 1),
        ("Ana Silva", "First", 1),
    ]
    assert len(for_three) == len(for_one) == 4
    with counted() as count:
        unread_count(session, cast.bo)
    assert len(count) == 1


def test_older_messages_follow_by_stretches(session: Session, cast: Cast, writes: Writes) -> None:
    ids = [writes(cast.ana, to=cast.bo, content=str(number)).id for number in range(5)]
    conversation = session.scalars(select(Conversation)).one()
    newest = messages_of(session, conversation, limit=2)
    assert [one.id for one in newest.messages] == ids[3:]
    assert newest.before is not None
    older = messages_of(session, conversation, before_id=ids[1], limit=2)
    assert ([one.id for one in older.messages], older.before) == (ids[:1], None)
