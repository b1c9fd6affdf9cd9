"""Appointments moved by the API. It is Monday 2 March 2026, 9:00 in Leeds."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core import clock
from portal.notifications.models import Delivery
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.api.v1.booked import TEN, address, booked, slot_at
from tests.cast import Cast
from tests.conftest import PracticeSets
from tests.factories import a_clinician, a_service, an_appointment, slots_of, wall

LATE = TEN - timedelta(hours=3)
OVER = TEN + timedelta(hours=1)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana sees Bo on Thursday at 10."""
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=TEN)


@pytest.fixture
def ana(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.ana)


@pytest.mark.parametrize(
    "when",
    [
        {"appointmentDate": "2026-03-06", "appointmentTime": "14:00"},
        {"startAt": "2026-03-06T14:00:00Z", "endAt": "2026-03-06T15:00:00Z"},
    ],
)
def test_a_patient_moves_it(
    session: Session, cast: Cast, ana: Program, visit: Appointment, when: dict[str, str]
) -> None:
    answer = ana.post(address(visit, "/reschedule"), {**when, "reason": "I work"})
    moved = data_of(answer)
    assert (moved["startAt"], moved["status"]) == ("2026-03-06T14:00:00Z", "CONFIRMED")
    assert moved["history"][-1]["reason"] == "I work"
    assert TEN in [slot.starts_at for slot in slots_of(session, cast.clinician)]
    told = session.execute(
        select(Delivery.kind, Delivery.status)
        .where(Delivery.appointment_id == visit.id)
        .order_by(Delivery.id)
    ).all()
    # The first had not gone out yet: one message tells of the booking, with the new time.
    assert told == [("appointment-confirmed", "SKIPPED"), ("appointment-confirmed", "PENDING")]


@pytest.mark.parametrize("name", ["newSlotId", "slotId"])
def test_a_slot_may_be_given_under_both_names(
    session: Session, cast: Cast, ana: Program, visit: Appointment, name: str
) -> None:
    slot = slot_at(session, cast.clinician, "2026-03-06 14:00")
    moved = data_of(ana.post(address(visit, "/reschedule"), {name: slot}))
    assert moved["startAt"] == "2026-03-06T14:00:00Z"


def test_a_time_that_is_taken_leaves_it_where_it_is(
    session: Session, cast: Cast, ana: Program, visit: Appointment
) -> None:
    an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-06 14:00"))
    answer = ana.post(
        address(visit, "/reschedule"), {"newSlotId": slot_at(session, cast.clinician, "2026-03-06 14:00")}
    )
    assert refusal_of(answer) == (409, "SLOT_UNAVAILABLE")
    assert len(answer.get_json()["error"]["alternatives"]) == 3
    assert booked(session, visit.id).starts_at == TEN


def test_it_stays_with_its_clinician_and_service(
    session: Session, cast: Cast, ana: Program, visit: Appointment
) -> None:
    other = slot_at(session, a_clinician(session, cast.leeds), "2026-03-06 14:00")
    assert refusal_of(ana.post(address(visit, "/reschedule"), {"newSlotId": other})) == (
        409,
        "SLOT_UNAVAILABLE",
    )
    short = a_service(session, cast.clinician)
    body = {"startAt": "2026-03-06T14:00:00Z", "serviceId": short.id}
    assert refusal_of(ana.post(address(visit, "/reschedule"), body)) == (409, "SLOT_UNAVAILABLE")


def test_where_nobody_is_booked_any_more_nobody_is_moved(
    session: Session, cast: Cast, ana: Program, visit: Appointment
) -> None:
    cast.clinician.is_accepting = False
    session.flush()
    for body in (
        {"startAt": "2026-03-06T14:00:00Z"},
        {"newSlotId": slot_at(session, cast.clinician, "2026-03-06 14:00")},
    ):
        answer = ana.post(address(visit, "/reschedule"), body)
        assert refusal_of(answer) == (409, "SLOT_UNAVAILABLE")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "slotId"),
        ({"newSlotId": "x"}, "slotId"),
        ({"newSlotId": "1-1-1-1", "startAt": "2026-03-06T14:00:00Z"}, "slotId"),
        ({"appointmentDate": "2026-03-06"}, "appointmentTime"),
        ({"startAt": "2026-03-06T14:00:00Z", "endAt": "2026-03-06T13:00:00Z"}, "endAt"),
        ({"startAt": "2026-03-06T14:00:00Z", "centreId": 2**63 - 1}, "centreId"),
        ({"reason": "x" * 201, "newSlotId": "1-1-1-1"}, "reason"),
    ],
)
def test_no_time_to_move_to_is_named(
    ana: Program, visit: Appointment, body: dict[str, Any], field: str
) -> None:
    answer = ana.post(address(visit, "/reschedule"), body)
    assert (refusal_of(answer), list(details_of(answer))) == ((400, "VALIDATION_ERROR"), [field])


def test_after_the_deadline_staff_move_it(cast: Cast, program: ProgramOf, visit: Appointment) -> None:
    body = {"appointmentDate": "2026-03-06", "appointmentTime": "14:00"}
    with clock.travel_to(LATE):
        late = program(cast.ana).post(address(visit, "/reschedule"), body)
        assert refusal_of(late) == (409, "CANCELLATION_NOT_ALLOWED")
        assert program(cast.bo).post(address(visit, "/reschedule"), body).status_code == 200
    with clock.travel_to(OVER + timedelta(days=2)):
        over = program(cast.cora).post(address(visit, "/reschedule"), {"startAt": "2026-03-09T10:00:00Z"})
        assert refusal_of(over) == (409, "INVALID_STATE_TRANSITION")


def test_the_desk_moves_only_where_the_practice_wants_it(
    cast: Cast, program: ProgramOf, visit: Appointment, practice_sets: PracticeSets
) -> None:
    body = {"appointmentDate": "2026-03-06", "appointmentTime": "14:00"}
    fay = program(cast.fay)
    assert refusal_of(fay.post(address(visit, "/reschedule"), body)) == (403, "FORBIDDEN")
    practice_sets(front_desk_can_reschedule=True)
    assert fay.post(address(visit, "/reschedule"), body).status_code == 200
