"""Programs read, mark and delete what their account was told, and ask for events and tickets."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import live_tickets
from portal.accounts.models import Device, LiveTicket
from portal.notifications import inbox
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW


@pytest.fixture
def ana(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.ana)


def told(session: Session, cast: Cast, kind: str = "meeting_confirmed", related_id: int | None = None) -> int:
    one = inbox.tell(
        session,
        cast.ana.account_id or 0,
        kind,
        "Confirmed",
        "Tuesday.",
        action="See it",
        related_id=related_id,
        at=NOW,
    )
    session.flush()
    return one.id


def test_the_list_says_what_and_how_much_is_unread(session: Session, cast: Cast, ana: Program) -> None:
    first = told(session, cast, related_id=7)
    told(session, cast, "new_message")
    ana.patch(f"/notifications/{first}", {"isRead": True})
    answer = ana.get("/notifications", type="meeting_confirmed").get_json()
    assert answer["pagination"]["total"] == 1
    assert answer["data"] == {
        "unreadCount": 1,
        "items": [
            {
                "id": first,
                "type": "meeting_confirmed",
                "title": "Confirmed",
                "message": "Tuesday.",
                "action": "See it",
                "actionUrl": "http://127.0.0.1:8000/patient/appointments/7",
                "relatedId": 7,
                "isRead": True,
                "createdAt": "2026-03-02T09:00:00Z",
            }
        ],
    }
    unread = data_of(ana.get("/notifications", isRead="false"))["items"]
    assert [one["type"] for one in unread] == ["new_message"]
    assert "type" in details_of(ana.get("/notifications", type="nonsense"))


def test_one_is_marked_all_are_marked_and_one_is_deleted(session: Session, cast: Cast, ana: Program) -> None:
    one, _other = told(session, cast), told(session, cast)
    marked = data_of(ana.patch(f"/notifications/{one}", {"isRead": True}))
    assert marked == {"id": one, "isRead": True, "updatedAt": "2026-03-02T09:00:00Z"}
    assert "isRead" in details_of(ana.patch(f"/notifications/{one}", {}))
    assert ana.post("/notifications/read-all").get_json()["message"] == "All notifications marked as read"
    assert data_of(ana.get("/notifications"))["unreadCount"] == 0
    assert ana.delete(f"/notifications/{one}").status_code == 200
    assert refusal_of(ana.delete(f"/notifications/{one}")) == (404, "NOT_FOUND")


def test_asking_now_and_then_tells_the_same_as_a_stream(
    session: Session, cast: Cast, ana: Program, program: ProgramOf
) -> None:
    begun = data_of(ana.get("/events"))
    assert begun["items"] == []
    one = told(session, cast)
    happened = data_of(ana.get("/events", lastEventId=begun["lastEventId"]))["items"]
    assert [(item["type"], item["notification"]["id"]) for item in happened] == [
        ("notification.receive", one)
    ]
    others = data_of(program(cast.bo).get("/events", lastEventId=begun["lastEventId"]))["items"]
    assert "notification.receive" not in {item["type"] for item in others}


def test_who_was_away_too_long_is_told_to_read_anew(ana: Program) -> None:
    happened = data_of(ana.get("/events", lastEventId="1000000000000"))["items"]
    assert [item["type"] for item in happened] == ["stream.reset"]
    assert "lastEventId" in details_of(ana.get("/events", lastEventId="yesterday"))


def test_a_ticket_opens_once_and_only_its_hash_is_kept(
    session: Session, cast: Cast, ana: Program, visitor: Program
) -> None:
    ticket = data_of(ana.post("/events/tickets"))["ticket"]
    assert session.scalars(select(LiveTicket.token_hash)).one() != ticket
    assert visitor.get("/events", ticket=ticket).status_code == 200
    assert refusal_of(visitor.get("/events", ticket=ticket)) == (401, "INVALID_TOKEN")


def test_a_ticket_is_good_for_half_a_minute(session: Session, cast: Cast, ana: Program) -> None:
    device = session.scalars(select(Device).where(Device.account_id == cast.ana.account_id)).one()
    ticket = live_tickets.issue(session, device, at=NOW)
    assert live_tickets.redeem(session, ticket, at=NOW + live_tickets.GOOD_FOR) is None


def test_an_access_token_does_not_belong_into_an_address(ana: Program, visitor: Program) -> None:
    token = ana.headers["Authorization"].removeprefix("Bearer ")
    assert visitor.get("/events", token=token).status_code == 401
    assert "token" in details_of(ana.get("/events", token=token))
