"""Free times by the API."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import (
    a_centre,
    a_clinician,
    a_hold,
    a_service,
    an_appointment,
    key_for,
    service_of,
    slots_of,
    wall,
)
from tests.web.helpers import counted

MONDAY = "2026-03-09"


def ids(response: Any) -> list[str]:
    return [slot["id"] for slot in data_of(response)]


def ask_for(visitor: Program, clinician_id: int, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = data_of(visitor.get("/slots", clinicianId=clinician_id, limit=100, **query))
    return found


def slot_id(clinician: Any, session: Session, starts_at: datetime) -> str:
    key = key_for(session, clinician, starts_at)
    return f"{key.clinician_id}-{key.centre_id}-{key.service_id}-{int(key.starts_at.timestamp())}"


def test_a_visitor_finds_the_times_of_a_day(session: Session, cast: Cast, visitor: Program) -> None:
    found = ask_for(visitor, cast.clinician.id, date=MONDAY)
    assert len(found) == 8
    assert found[0] == {
        "id": slot_id(cast.clinician, session, datetime(2026, 3, 9, 9, tzinfo=UTC)),
        "clinicianId": cast.clinician.id,
        "clinicianName": cast.clinician.full_name,
        "centreId": cast.leeds.id,
        "serviceId": service_of(session, cast.clinician).id,
        "date": "2026-03-09",
        "startTime": "09:00:00",
        "endTime": "10:00:00",
        "timezone": "Europe/London",
        "startAt": "2026-03-09T09:00:00Z",
        "endAt": "2026-03-09T10:00:00Z",
        "available": True,
        "status": "available",
        "price": 60.0,
        "currency": "GBP",
    }


def test_what_is_listed_is_what_the_pages_offer(session: Session, cast: Cast, visitor: Program) -> None:
    listed = [one["id"] for one in ask_for(visitor, cast.clinician.id)]
    offered = [one.id for one in slots_of(session, cast.clinician, days=9) if one.starts_at.day < 10]
    assert listed == offered


def test_every_time_that_is_listed_can_be_booked(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    an_appointment(session, clinician=cast.clinician)
    ana = program(cast.ana)
    listed = ids(ana.get("/slots", clinicianId=cast.clinician.id, date="2026-03-04"))
    assert len(listed) == 8
    for slot in listed:
        assert ana.post("/appointments", {"slotId": slot}).status_code == 201
    assert ids(visitor.get("/slots", clinicianId=cast.clinician.id, date="2026-03-04")) == []


def test_taken_times_are_listed_only_when_asked_for(session: Session, cast: Cast, visitor: Program) -> None:
    booked = an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-09 10:00"))
    a_hold(session, cast.clinician, starts_at=wall("2026-03-09 12:00"))
    free = ask_for(visitor, cast.clinician.id, date=MONDAY)
    assert [one["startTime"][:2] for one in free] == ["09", "11", "13", "14", "15", "16"]
    answer = visitor.get("/slots", clinicianId=cast.clinician.id, date=MONDAY, onlyAvailable="false")
    taken = [one for one in data_of(answer) if not one["available"]]
    assert [(one["startTime"], one["status"]) for one in taken] == [
        ("10:00:00", "booked"),
        ("12:00:00", "booked"),
    ]
    assert len(data_of(answer)) == 8
    assert booked.patient is not None
    assert booked.patient.full_name not in answer.text


def test_a_patients_other_appointments_are_in_the_way(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    other = a_clinician(session, cast.leeds)
    an_appointment(session, clinician=other, patient=cast.patient, starts_at=wall("2026-03-09 10:00"))
    query = {"clinicianId": cast.clinician.id, "date": MONDAY}
    assert len(ids(program(cast.ana).get("/slots", **query))) == 7
    assert len(ids(visitor.get("/slots", **query))) == 8


def test_the_viewers_zone_decides_dates_and_times(session: Session, visitor: Program) -> None:
    clinician = a_clinician(session, hours="Mon-Fri 0-9")
    found = ask_for(visitor, clinician.id, date="2026-03-09", timezone="America/New_York")
    # Midnight on the 10th in Leeds is still the 9th in New York.
    assert [(one["startTime"], one["startAt"]) for one in found][-1] == ("23:00:00", "2026-03-10T03:00:00Z")
    assert found[0]["startAt"] == "2026-03-09T04:00:00Z"
    assert {(one["date"], one["timezone"]) for one in found} == {("2026-03-09", "America/New_York")}
    assert details_of(visitor.get("/slots", timezone="Mars/Olympus")) == {
        "timezone": "This must be an IANA time zone such as Europe/London."
    }


@pytest.mark.parametrize("viewer", [None, "Europe/London", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize(
    "change",
    [
        ("Europe/London", "2026-03-29", 11),
        ("Europe/London", "2026-10-25", 13),
        ("America/New_York", "2026-03-08", 11),
        ("America/New_York", "2026-11-01", 13),
        ("Australia/Lord_Howe", "2026-04-05", 12),
    ],
)
def test_on_the_days_the_clocks_change_instant_and_wall_time_agree(
    session: Session, visitor: Program, change: tuple[str, str, int], viewer: str | None
) -> None:
    zone, day, count = change
    centre = a_centre(session, time_zone=zone)
    clinician = a_clinician(session, centre, hours="Sun 0-12", advance_days=300)
    around = wall(f"{day} 12:00", zone)
    query = {"timezone": viewer} if viewer else {}
    found = ask_for(
        visitor,
        clinician.id,
        startDate=f"{around - timedelta(days=1):%F}",
        endDate=f"{around + timedelta(days=1):%F}",
        **query,
    )
    assert len(found) == count
    for one in found:
        start, end = datetime.fromisoformat(one["startAt"]), datetime.fromisoformat(one["endAt"])
        told = [f"{one['date']} {one['startTime'][:5]}", one["endTime"][:5]]
        assert end - start == timedelta(hours=1)
        assert told == [_told(start, one["timezone"]), _told(end, one["timezone"])[11:]]
        assert one["timezone"] == (viewer or zone)
    assert len({one["startAt"] for one in found}) == count


def _told(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%F %H:%M}"


def test_a_time_that_the_clocks_repeat_can_be_looked_at_twice(session: Session, visitor: Program) -> None:
    clinician = a_clinician(session, hours="Sun 0-6", advance_days=300)
    found = ask_for(visitor, clinician.id, date="2026-10-25")
    twice = [one for one in found if one["startTime"] == "01:00:00"]
    assert [one["startAt"] for one in twice] == ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"]
    for one in twice:
        assert data_of(visitor.get(f"/slots/{one['id']}"))["startAt"] == one["startAt"]


def test_times_of_a_centre_come_in_order_and_in_pages(session: Session, cast: Cast, visitor: Program) -> None:
    a_clinician(session, cast.leeds, hours="Mon 9:30-12")
    _ = cast.clinician
    a_clinician(session, cast.york)
    first = visitor.get("/slots", centreId=cast.leeds.id, date=MONDAY, limit=3)
    assert [one["startTime"] for one in data_of(first)] == ["09:00:00", "09:30:00", "10:00:00"]
    assert {one["centreId"] for one in data_of(first)} == {cast.leeds.id}
    assert first.get_json()["pagination"] == {
        "page": 1,
        "limit": 3,
        "total": 10,
        "totalPages": 4,
        "hasNext": True,
        "hasPrev": False,
    }
    last = visitor.get("/slots", centreId=cast.leeds.id, date=MONDAY, limit=3, page=4)
    assert [one["startTime"] for one in data_of(last)] == ["16:00:00"]
    assert ids(visitor.get("/slots", page=10**9)) == []


def test_a_service_or_a_length_chooses(session: Session, cast: Cast, visitor: Program) -> None:
    short = a_service(session, cast.clinician)
    usual = ask_for(visitor, cast.clinician.id, date=MONDAY)
    assert {one["serviceId"] for one in usual} == {service_of(session, cast.clinician).id}
    for query in ({"serviceId": short.id}, {"clinicianId": cast.clinician.id, "duration": 30}):
        found = data_of(visitor.get("/slots", date=MONDAY, limit=100, **query))
        assert len(found) == 16
        assert {(one["serviceId"], one["price"]) for one in found} == {(short.id, 30.0)}
    assert ids(visitor.get("/slots", clinicianId=cast.clinician.id, duration=45)) == []


def test_whom_the_public_does_not_see_has_no_times(session: Session, cast: Cast, visitor: Program) -> None:
    slot = slots_of(session, cast.clinician)[0]
    cast.clinician.is_accepting = False
    session.flush()
    assert ids(visitor.get("/slots", clinicianId=cast.clinician.id)) == []
    assert ids(visitor.get("/slots", centreId=cast.leeds.id)) == []
    assert refusal_of(visitor.get(f"/slots/{slot.id}")) == (404, "NOT_FOUND")
    assert ids(visitor.get("/slots", clinicianId=2**63 - 1)) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"date": "9.3.2026"}, "date"),
        ({"date": "1773014400"}, "date"),
        ({"date": "9999-12-31"}, "date"),
        ({"startDate": "0001-01-01"}, "startDate"),
        ({"startDate": "2026-03-10", "endDate": "2026-03-09"}, "endDate"),
        ({"clinicianId": 1, "startDate": "2026-03-01", "endDate": "2026-04-02"}, "endDate"),
        ({"startDate": "2026-03-01", "endDate": "2026-03-16"}, "endDate"),
        ({"date": "2026-03-09", "endDate": "2026-03-10"}, "body"),
        ({"duration": 481}, "duration"),
        ({"clinicianId": 2**63}, "clinicianId"),
        ({"limit": 0}, "limit"),
        ({"patientId": 1}, "patientId"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_field(
    visitor: Program, query: dict[str, Any], field: str
) -> None:
    assert set(details_of(visitor.get("/slots", **query))) == {field}


def test_however_many_clinicians_and_days_the_queries_are_as_many(
    session: Session, cast: Cast, visitor: Program
) -> None:
    one = cast.clinician
    with counted() as few:
        ids(visitor.get("/slots", clinicianId=one.id, date=MONDAY))
    for _number in range(5):
        an_appointment(session, clinician=a_clinician(session, cast.leeds, cast.york))
    session.expire_all()
    with counted() as many:
        found = data_of(visitor.get("/slots", startDate=MONDAY, endDate="2026-03-20", onlyAvailable="false"))
    assert len({slot["clinicianId"] for slot in found}) == 6
    assert len(few) == len(many)


def test_who_has_it_already_is_not_sent_it_again(session: Session, cast: Cast, visitor: Program) -> None:
    query = {"clinicianId": cast.clinician.id, "date": MONDAY}
    known = {"If-None-Match": visitor.get("/slots", **query).headers["ETag"]}
    assert visitor.send("GET", "/slots", query_string=query, headers=known).status_code == 304
    an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-09 10:00"))
    assert visitor.send("GET", "/slots", query_string=query, headers=known).status_code == 200


def test_staff_see_times_nearer_than_patients_may_book(
    cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    query = {"clinicianId": cast.clinician.id, "date": "2026-03-02"}
    assert ids(visitor.get("/slots", **query)) == []
    assert len(ids(program(cast.fay).get("/slots", **query))) == 8
    assert len(ids(program(cast.bo).get("/slots", **query))) == 8
    # A colleague books as a patient does.
    assert ids(program(cast.zoe).get("/slots", **query)) == []
