"""Patients book by the API. It is Monday 2 March 2026, 9:00 in Leeds; Bo asks for a day's notice."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.notifications.models import Delivery
from portal.scheduling.commands import edit_service
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.api.v1.booked import TEN, booked, patient_record_of, slot_at
from tests.cast import Cast
from tests.factories import (
    a_clinician,
    a_service,
    account_of,
    an_appointment,
    service_of,
)
from tests.web.helpers import counted

WALL = {"appointmentDate": "2026-03-05", "appointmentTime": "10:00:00"}
MOST_STATEMENTS = 12 + 3 + 1 + 1 + 1
"""Three know who it is and count the request; one reads how it stands with its money; one asks whether the time was
offered instead of a later visit; the last, after the commit, tells open pages of it."""


@pytest.fixture
def ana(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.ana)


@pytest.fixture
def slot(session: Session, cast: Cast) -> str:
    """Bo's Thursday at 10."""
    return slot_at(session, cast.clinician, "2026-03-05 10:00")


def book(program: Program, slot: str, **more: Any) -> Any:
    return program.post("/appointments", {"slotId": slot, **more})


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Appointment)) or 0


def test_a_patient_books(session: Session, cast: Cast, ana: Program, slot: str) -> None:
    answer = book(ana, slot)
    assert answer.status_code == 201
    made = data_of(answer)
    assert (made["status"], made["waitingFor"]) == ("CONFIRMED", None)
    assert (made["startAt"], made["appointmentTime"]) == ("2026-03-05T10:00:00Z", "10:00:00")
    assert made["title"] == "Consultation with Dr Bo Larsen"
    assert [line["kind"] for line in made["history"]] == ["confirmed"]
    row = booked(session, made["id"])
    assert (row.patient_id, row.channel, row.booked_by_id) == (cast.patient.id, "API", cast.ana.account_id)
    told = session.scalars(select(Delivery.kind).where(Delivery.appointment_id == row.id)).all()
    assert told == ["appointment-confirmed"]


@pytest.mark.parametrize(
    "when",
    [
        WALL,
        {**WALL, "appointmentTime": "10:00"},
        {"startAt": "2026-03-05T10:00:00Z"},
        {"startAt": "2026-03-05T15:30:00+05:30", "endAt": "2026-03-05T11:00:00Z"},
    ],
)
def test_every_way_to_say_a_time_finds_the_same_slot(
    session: Session, cast: Cast, ana: Program, when: dict[str, str]
) -> None:
    made = data_of(ana.post("/appointments", {"clinicianId": cast.clinician.id, **when}))
    row = booked(session, made["id"])
    assert (row.starts_at, row.centre_id) == (TEN, cast.leeds.id)
    assert row.service_id == service_of(session, cast.clinician).id


def test_what_a_patient_says_of_the_visit_is_kept(session: Session, ana: Program, slot: str) -> None:
    said = {
        "title": "Second opinion",
        "description": "Sore knee",
        "questions": "May I run?",
        "notes": "I come by bus",
        "sessionType": "in_person",
        "format": "personal",
    }
    made = data_of(book(ana, slot, **said))
    assert (made["title"], made["description"]) == ("Second opinion", "Sore knee")
    assert (made["questions"], made["patientNotes"]) == ("May I run?", "I come by bus")
    assert booked(session, made["id"]).session_type == "IN_PERSON"


def test_a_request_waits_for_the_clinician(session: Session, cast: Cast, ana: Program) -> None:
    asked = a_clinician(session, cast.leeds, requires_acceptance=True)
    made = data_of(book(ana, slot_at(session, asked, "2026-03-05 10:00")))
    assert (made["status"], made["waitingFor"]) == ("PENDING", "ACCEPTANCE")
    told = session.scalars(select(Delivery.kind).where(Delivery.appointment_id == made["id"])).all()
    assert told == ["appointment-requested"]


def test_a_taken_time_is_refused_with_others_that_can_be_booked(
    session: Session, cast: Cast, ana: Program, slot: str
) -> None:
    an_appointment(session, clinician=cast.clinician, patient=cast.stranger, starts_at=TEN)
    answer = book(ana, slot)
    assert refusal_of(answer) == (409, "SLOT_UNAVAILABLE")
    assert "Zora" not in answer.text
    others = answer.get_json()["error"]["alternatives"]
    assert [other["startAt"] for other in others] == [
        "2026-03-05T09:00:00Z",
        "2026-03-05T11:00:00Z",
        "2026-03-05T12:00:00Z",
    ]
    assert book(ana, others[0]["id"]).status_code == 201


def test_what_the_rules_do_not_offer(session: Session, cast: Cast, ana: Program) -> None:
    too_soon = book(ana, slot_at(session, cast.clinician, "2026-03-02 15:00"))
    assert refusal_of(too_soon) == (400, "VALIDATION_ERROR")
    assert "more notice" in too_soon.get_json()["error"]["message"]
    assert len(too_soon.get_json()["error"]["alternatives"]) == 3
    at_night = book(ana, slot_at(session, cast.clinician, "2026-03-05 22:00"))
    assert refusal_of(at_night) == (409, "SLOT_UNAVAILABLE")
    by_video = book(ana, slot_at(session, cast.clinician, "2026-03-05 10:00"), sessionType="ONLINE")
    assert refusal_of(by_video) == (409, "SLOT_UNAVAILABLE")
    assert count(session) == 0


def test_a_patient_cannot_be_in_two_places(session: Session, cast: Cast, ana: Program, slot: str) -> None:
    an_appointment(session, clinician=a_clinician(session), patient=cast.patient, starts_at=TEN)
    answer = book(ana, slot)
    assert refusal_of(answer) == (409, "SLOT_UNAVAILABLE")
    assert answer.get_json()["error"]["message"] == "You already have an appointment at that time."


def test_a_clinician_who_is_not_listed_cannot_be_booked(
    session: Session, cast: Cast, ana: Program, slot: str
) -> None:
    cast.clinician.is_accepting = False
    session.flush()
    assert refusal_of(book(ana, slot)) == (409, "SLOT_UNAVAILABLE")
    body = {"clinicianId": cast.clinician.id, **WALL}
    assert refusal_of(ana.post("/appointments", body))[0] in {404, 409}
    assert refusal_of(ana.post("/appointments", {"clinicianId": 2**63 - 1, **WALL})) == (404, "NOT_FOUND")


@pytest.mark.parametrize("fee", [1, 60.01, 0, 10**12])
def test_a_patient_does_not_set_the_price(session: Session, ana: Program, slot: str, fee: float) -> None:
    answer = book(ana, slot, consultationFee=fee)
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert list(details_of(answer)) == ["consultationFee"]
    assert count(session) == 0


def test_a_patient_may_say_the_price(ana: Program, slot: str) -> None:
    assert data_of(book(ana, slot, consultationFee=60))["consultationFee"] == 60.0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"clinicianId": 1}, "slotId"),
        ({"slotId": None}, "slotId"),
        ({"slotId": "1-1-1"}, "slotId"),
        ({"slotId": 5}, "slotId"),
        ({"slotId": "x" * 81}, "slotId"),
        ({"startAt": "2026-03-05T10:00:00Z"}, "clinicianId"),
        ({"startAt": "2026-03-05T10:00:00"}, "startAt"),
        ({"startAt": "0001-01-01T00:00:00+14:00"}, "startAt"),
        ({"startAt": "9999-12-31T23:59:59-12:00"}, "startAt"),
        ({"startAt": 1772704800}, "startAt"),
        ({"appointmentDate": "9999-12-31"}, "appointmentDate"),
        ({"appointmentTime": "25:00"}, "appointmentTime"),
        ({"clinicianId": 2**63}, "clinicianId"),
        ({"sessionType": "BY_POST"}, "sessionType"),
        ({"platform": "TEAMS"}, "platform"),
        ({"questions": None}, "questions"),
        ({"questions": "x" * 1001}, "questions"),
        ({"description": "x" * 4001}, "description"),
        ({"consultationFee": -1}, "consultationFee"),
        ({"consultationFee": 10**13}, "consultationFee"),
        ({"idempotencyKey": ""}, "idempotencyKey"),
        ({"duration": 0}, "duration"),
        ({"patient": {"phone": "+447700900123"}}, "patient.fullName"),
        ({"amount": 60}, "amount"),
    ],
)
def test_what_cannot_be_used_is_named(ana: Program, body: dict[str, Any], field: str) -> None:
    answer = ana.post("/appointments", body)
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert field in details_of(answer)


def test_two_ways_at_once_are_one_too_many(ana: Program, slot: str) -> None:
    answer = book(ana, slot, **WALL)
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert "slotId" in details_of(answer)


def test_another_length_than_the_service_has(session: Session, cast: Cast, ana: Program) -> None:
    body = {"clinicianId": cast.clinician.id, "startAt": "2026-03-05T10:00:00Z"}
    answer = ana.post("/appointments", {**body, "endAt": "2026-03-05T10:20:00Z"})
    assert list(details_of(answer)) == ["endAt"]
    short = a_service(session, cast.clinician)
    made = data_of(ana.post("/appointments", {**body, "endAt": "2026-03-05T10:30:00Z"}))
    assert (made["serviceId"], made["consultationFee"]) == (short.id, 30.0)


def test_nobody_else_can_be_booked_for(session: Session, cast: Cast, ana: Program, slot: str) -> None:
    assert refusal_of(book(ana, slot, patientId=cast.stranger.id)) == (404, "NOT_FOUND")
    for other in (
        {"patient": {"phone": cast.stranger.phone, "fullName": "Zora Neale"}},
        {"clientEmail": "zora@example.org"},
        {"clientName": "Zora Neale"},
    ):
        answer = book(ana, slot, **other)
        assert (refusal_of(answer), list(details_of(answer))) == ((400, "VALIDATION_ERROR"), ["patient"])
    assert count(session) == 0
    assert data_of(book(ana, slot, patientId=cast.patient.id))["patientId"] == cast.patient.id


def test_a_patient_cannot_overbook(session: Session, cast: Cast, ana: Program, slot: str) -> None:
    an_appointment(session, clinician=cast.clinician, starts_at=TEN)
    assert refusal_of(book(ana, slot, overbook=True, reason="Please")) == (403, "FORBIDDEN")


def test_a_visitor_signs_in_first(visitor: Program, slot: str) -> None:
    assert refusal_of(book(visitor, slot)) == (401, "UNAUTHORIZED")


def test_an_admin_says_for_whom(cast: Cast, program: ProgramOf, slot: str) -> None:
    answer = book(program(cast.ada), slot)
    assert (refusal_of(answer), list(details_of(answer))) == ((400, "VALIDATION_ERROR"), ["patientId"])


def test_a_clinician_books_a_colleague_as_a_patient(
    session: Session, cast: Cast, program: ProgramOf, slot: str
) -> None:
    record = patient_record_of(session, cast.clinician)
    bo = program(account_of(session, cast.clinician))
    colleague = a_clinician(session, cast.leeds, requires_acceptance=True)
    theirs = slot_at(session, colleague, "2026-03-05 10:00")
    made = data_of(book(bo, theirs))
    assert (made["patientId"], made["status"], made["clinicianNotes"]) == (record.id, "PENDING", None)
    named = slot_at(session, colleague, "2026-03-05 11:00")
    assert data_of(book(bo, named, patientId=record.id))["patientId"] == record.id
    too_soon = book(bo, slot_at(session, colleague, "2026-03-02 15:00"))
    assert refusal_of(too_soon) == (400, "VALIDATION_ERROR")
    price = book(bo, slot_at(session, colleague, "2026-03-06 10:00"), consultationFee=1)
    assert list(details_of(price)) == ["consultationFee"]
    assert refusal_of(book(bo, slot, patientId=record.id)) == (400, "VALIDATION_ERROR")


def test_a_clinician_who_is_nobodys_patient_books_no_colleague(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    theirs = slot_at(session, a_clinician(session, cast.leeds), "2026-03-05 10:00")
    assert list(details_of(book(program(cast.bo), theirs))) == ["patientId"]


def test_the_same_key_books_once(session: Session, ana: Program, slot: str) -> None:
    first = ana.post("/appointments", {"slotId": slot}, key="once")
    again = ana.post("/appointments", {"slotId": slot}, key="once")
    assert (again.status_code, again.get_json()) == (201, first.get_json())
    assert count(session) == 1
    other = ana.post("/appointments", {"slotId": slot, "notes": "Another"}, key="once")
    assert refusal_of(other) == (409, "CONFLICT")


def test_the_key_may_stand_in_the_body(session: Session, ana: Program, slot: str) -> None:
    first = data_of(book(ana, slot, idempotencyKey="once"))
    assert data_of(book(ana, slot, idempotencyKey="once")) == first
    assert count(session) == 1
    assert refusal_of(book(ana, slot, idempotencyKey="once", title="Other")) == (409, "CONFLICT")


def test_keys_of_two_people_have_nothing_to_do_with_each_other(
    session: Session, cast: Cast, program: ProgramOf, ana: Program, slot: str
) -> None:
    assert ana.post("/appointments", {"slotId": slot}, key="1").status_code == 201
    answer = program(cast.zora).post("/appointments", {"slotId": slot}, key="1")
    assert refusal_of(answer) == (409, "SLOT_UNAVAILABLE")


def test_a_refusal_is_not_kept(session: Session, cast: Cast, ana: Program, slot: str) -> None:
    service = service_of(session, cast.clinician)
    edit_service(session, service, is_active=False)
    session.flush()
    assert refusal_of(ana.post("/appointments", {"slotId": slot}, key="again")) == (409, "SLOT_UNAVAILABLE")
    edit_service(session, service, is_active=True)
    session.flush()
    assert ana.post("/appointments", {"slotId": slot}, key="again").status_code == 201


def test_booking_asks_little_of_the_database(session: Session, ana: Program, slot: str) -> None:
    ana.get("/appointments")
    session.expire_all()
    with counted() as queries:
        assert ana.post("/appointments", {"slotId": slot}).status_code == 201
    assert len(queries) <= MOST_STATEMENTS, "\n".join(queries)
