"""Messages between people: by the API."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.conversations.models import Conversation, ConversationMessage
from portal.core.limits import MESSAGE_WRITTEN
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import an_appointment


@pytest.fixture
def cast(session: Session) -> Cast:
    cast = Cast(session)
    an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    return cast


@pytest.fixture
def ana(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.ana)


def test_what_is_sent_is_answered_with_both_names_and_read_by_the_other(
    session: Session, cast: Cast, program: ProgramOf, ana: Program
) -> None:
    bo = program(cast.bo)
    answer = ana.post("/messages", {"receiverId": cast.bo.account_id, "content": " May I eat?\n"})
    assert answer.status_code == 201
    sent = data_of(answer)
    conversation_id = session.scalars(select(Conversation.id)).one()
    assert sent == {
        "id": sent["id"],
        "conversationId": conversation_id,
        "centreId": None,
        "senderId": cast.ana.account_id,
        "senderName": "Ana Silva",
        "receiverId": cast.bo.account_id,
        "receiverName": "Dr Bo Larsen",
        "content": "May I eat?",
        "isRead": False,
        "createdAt": NOW.isoformat().replace("+00:00", "Z"),
    }
    listed = data_of(bo.get("/messages"))
    assert listed == [{**sent, "unreadCount": 1, "withName": "Ana Silva"}]
    opened = data_of(bo.get("/messages", **{"with": cast.ana.account_id}))
    assert opened == [{**sent, "isRead": True, "unreadCount": None, "withName": None}]
    assert data_of(bo.get("/messages"))[0]["unreadCount"] == 0
    assert data_of(ana.get("/messages"))[0]["isRead"] is True


def test_the_newest_come_first_page_by_page(cast: Cast, ana: Program) -> None:
    for number in range(3):
        ana.post("/messages", {"receiverId": cast.bo.account_id, "content": str(number)})
    answer = ana.get("/messages", **{"with": cast.bo.account_id, "limit": 2})
    assert [one["content"] for one in data_of(answer)] == ["2", "1"]
    assert answer.get_json()["pagination"]["total"] == 3


def test_a_patient_asks_the_centre_and_its_desk_answers_in_its_name(
    cast: Cast, program: ProgramOf, ana: Program
) -> None:
    fay, leeds = program(cast.fay), cast.leeds.id
    asked = data_of(ana.post("/messages", {"centreId": leeds, "content": "Where do I park?"}))
    assert (asked["receiverId"], asked["receiverName"]) == (None, cast.leeds.name)
    assert [one["unreadCount"] for one in data_of(fay.get("/messages", centreId=leeds))] == [1]
    body = {"receiverId": cast.ana.account_id, "centreId": leeds, "content": "Behind the house."}
    assert data_of(fay.post("/messages", body))["conversationId"] == asked["conversationId"]
    both = data_of(fay.get("/messages", **{"with": cast.ana.account_id, "centreId": leeds}))
    assert [one["content"] for one in both] == ["Behind the house.", "Where do I park?"]
    assert [one["content"] for one in data_of(ana.get("/messages", centreId=leeds))] == [
        "Behind the house.",
        "Where do I park?",
    ]


def test_those_who_may_not_are_refused_alike_in_reading_and_writing(
    session: Session, cast: Cast, program: ProgramOf, ana: Program
) -> None:
    ana.post("/messages", {"receiverId": cast.bo.account_id, "content": "Hello"})
    refused = {
        (cast.ana, cast.zoe.account_id, None): (403, "FORBIDDEN"),
        (cast.ana, cast.zora.account_id, None): (404, "NOT_FOUND"),
        (cast.ana, 2**63 - 1, None): (404, "NOT_FOUND"),
        (cast.ana, None, cast.york.id): (403, "FORBIDDEN"),
        (cast.ana, None, 2**63 - 1): (404, "NOT_FOUND"),
        (cast.zora, cast.bo.account_id, None): (403, "FORBIDDEN"),
        (cast.fay, cast.ana.account_id, cast.york.id): (403, "FORBIDDEN"),
    }
    for (actor, receiver, centre), expected in refused.items():
        caller = program(actor)
        query = {name: value for name, value in (("with", receiver), ("centreId", centre)) if value}
        body = {"content": "Hello", **({"receiverId": receiver} if receiver else {})}
        if centre:
            body["centreId"] = centre
        assert refusal_of(caller.post("/messages", body)) == expected
        assert refusal_of(caller.get("/messages", **query)) == expected
    assert refusal_of(program(cast.fay).get("/messages", centreId=cast.york.id)) == (403, "FORBIDDEN")
    assert data_of(program(cast.zora).get("/messages")) == []
    assert session.scalar(select(func.count()).select_from(ConversationMessage)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"content": "Hello"}, "receiverId"),
        ({"receiverId": "you", "content": "Hello"}, "receiverId"),
        ({"receiverId": 0, "content": "Hello"}, "receiverId"),
        ({"receiverId": 2**63, "content": "Hello"}, "receiverId"),
        ({"receiverId": 1}, "content"),
        ({"receiverId": 1, "content": " \n "}, "content"),
        ({"receiverId": 1, "content": "x" * 5001}, "content"),
        ({"receiverId": 1, "content": "nul\0"}, "content"),
        ({"receiverId": 1, "content": "\ud800"}, "content"),
        ({"receiverId": 1, "content": ["Hello"]}, "content"),
        ({"receiverId": 1, "content": "Hello", "senderId": 1}, "senderId"),
    ],
)
def test_what_cannot_be_is_told_by_field(ana: Program, body: dict[str, object], field: str) -> None:
    assert list(details_of(ana.post("/messages", body))) == [field]


def test_the_same_key_writes_once(session: Session, cast: Cast, ana: Program) -> None:
    body = {"receiverId": cast.bo.account_id, "content": "Hello"}
    first, again = (ana.post("/messages", body, key="once") for _number in range(2))
    assert first.data == again.data
    assert session.scalar(select(func.count()).select_from(ConversationMessage)) == 1


def test_too_many_in_a_minute_are_refused(cast: Cast, ana: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.api.v1.messages.MESSAGE_WRITTEN", replace(MESSAGE_WRITTEN, amount=1))
    body = {"receiverId": cast.bo.account_id, "content": "Hello"}
    assert ana.post("/messages", body).status_code == 201
    assert refusal_of(ana.post("/messages", body)) == (429, "RATE_LIMIT_EXCEEDED")
