"""Appointments cancelled, answered and concluded by the API. It is Monday 2 March 2026, 9:00 in Leeds."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core import clock
from portal.settings import LateCancellation
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.api.v1.booked import TEN, address
from tests.cast import Cast
from tests.conftest import PracticeSets
from tests.factories import an_appointment, slots_of

LATE = TEN - timedelta(hours=3)
OVER = TEN + timedelta(hours=1)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana sees Bo on Thursday at 10."""
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=TEN)


@pytest.fixture
def asked(session: Session, cast: Cast) -> Appointment:
    """Ana asks Bo, who accepts each request himself, for Thursday at 10."""
    cast.clinician.requires_acceptance = True
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=TEN)


@pytest.fixture
def ana(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.ana)


@pytest.fixture
def bo(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.bo)


def kinds(answer: Any) -> list[str]:
    return [line["kind"] for line in data_of(answer)["history"]]


def test_in_time_a_patient_cancels_free_of_charge(
    session: Session, cast: Cast, ana: Program, visit: Appointment
) -> None:
    answer = ana.post(address(visit, "/cancel"), {"reason": "I am better", "requestRefund": True})
    done = data_of(answer)
    assert (done["status"], done["cancelledBy"], done["cancelReason"]) == (
        "CANCELLED",
        "PATIENT",
        "I am better",
    )
    assert (done["refundInitiated"], done["refundAmount"]) == (False, 0)
    assert answer.get_json()["message"] == "Booking cancelled. It costs nothing."
    assert kinds(answer) == ["confirmed", "cancelled"]
    assert TEN in [slot.starts_at for slot in slots_of(session, cast.clinician)]
    assert refusal_of(ana.post(address(visit, "/cancel"))) == (409, "INVALID_STATE_TRANSITION")


LATE_OUTCOMES = {
    LateCancellation.NO_REFUND: ("CANCELLED", "Booking cancelled. No refund available."),
    LateCancellation.REQUEST: ("CONFIRMED", "We have your request to cancel. The centre will answer you."),
}


@pytest.mark.parametrize("late", LATE_OUTCOMES)
def test_late_it_is_as_the_practice_wants_it(
    cast: Cast,
    program: ProgramOf,
    visit: Appointment,
    practice_sets: PracticeSets,
    late: LateCancellation,
) -> None:
    practice_sets(late_cancellation=late)
    with clock.travel_to(LATE):
        answer = program(cast.ana).post(address(visit, "/cancel"))
    done = data_of(answer)
    assert (done["status"], answer.get_json()["message"]) == LATE_OUTCOMES[late]
    assert (done["cancellationRequestedAt"] is not None) == (late is LateCancellation.REQUEST)


def test_late_it_may_be_refused_but_not_to_staff(
    cast: Cast, program: ProgramOf, visit: Appointment, practice_sets: PracticeSets
) -> None:
    practice_sets(late_cancellation=LateCancellation.REFUSE)
    with clock.travel_to(LATE):
        refused = program(cast.ana).post(address(visit, "/cancel"))
        assert refusal_of(refused) == (409, "CANCELLATION_NOT_ALLOWED")
        fay = program(cast.fay)
        silent = fay.post(address(visit, "/cancel"))
        assert (refusal_of(silent), list(details_of(silent))) == ((400, "VALIDATION_ERROR"), ["reason"])
        answer = fay.post(address(visit, "/cancel"), {"reason": "Bo is ill"})
        assert (data_of(answer)["status"], data_of(answer)["cancelledBy"]) == ("CANCELLED", "CENTRE")


def test_what_has_begun_is_not_cancelled(cast: Cast, program: ProgramOf, visit: Appointment) -> None:
    with clock.travel_to(TEN):
        for who in (cast.ana, cast.bo):
            answer = program(who).post(address(visit, "/cancel"), {"reason": "No"})
            assert refusal_of(answer) == (409, "CANCELLATION_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "x" * 501}, "reason"),
        ({"reason": None}, "reason"),
        ({"requestRefund": "perhaps"}, "requestRefund"),
    ],
)
def test_what_cannot_be_said_of_a_cancellation(
    ana: Program, visit: Appointment, body: dict[str, Any], field: str
) -> None:
    answer = ana.post(address(visit, "/cancel"), body)
    assert (refusal_of(answer), list(details_of(answer))) == ((400, "VALIDATION_ERROR"), [field])


def test_a_clinician_accepts(session: Session, bo: Program, asked: Appointment) -> None:
    answer = bo.patch(address(asked, "/status"), {"status": "scheduled"})
    assert (data_of(answer)["status"], data_of(answer)["waitingFor"]) == ("CONFIRMED", None)
    assert kinds(answer) == ["requested", "accepted"]
    again = bo.patch(address(asked, "/status"), {"status": "CONFIRMED"})
    assert refusal_of(again) == (409, "INVALID_STATE_TRANSITION")


def test_a_clinician_declines_with_a_reason(bo: Program, asked: Appointment) -> None:
    silent = bo.patch(address(asked, "/status"), {"status": "canceled"})
    assert (refusal_of(silent), list(details_of(silent))) == ((400, "VALIDATION_ERROR"), ["reason"])
    done = data_of(bo.patch(address(asked, "/status"), {"status": "canceled", "reason": "Not my field"}))
    assert (done["status"], done["cancelledBy"], done["cancelReason"]) == (
        "CANCELLED",
        "CLINICIAN",
        "Not my field",
    )


@pytest.mark.parametrize(("said", "status"), [("completed", "COMPLETED"), ("no-show", "NO_SHOW")])
def test_what_became_of_it_is_known_once_it_has_begun(
    cast: Cast, program: ProgramOf, visit: Appointment, said: str, status: str
) -> None:
    early = program(cast.bo).patch(address(visit, "/status"), {"status": said})
    assert refusal_of(early) == (409, "INVALID_STATE_TRANSITION")
    with clock.travel_to(OVER):
        answer = program(cast.cora).patch(address(visit, "/status"), {"status": said})
        assert data_of(answer)["status"] == status
        back = program(cast.cora).patch(address(visit, "/status"), {"status": "CONFIRMED"})
        assert refusal_of(back) == (409, "INVALID_STATE_TRANSITION")


def test_a_patient_may_only_cancel(ana: Program, visit: Appointment) -> None:
    for status in ("CONFIRMED", "COMPLETED", "NO_SHOW", "PENDING"):
        answer = ana.patch(address(visit, "/status"), {"status": status})
        assert refusal_of(answer) == (403, "FORBIDDEN")
    answer = ana.patch(address(visit, "/status"), {"status": "cancelled"})
    assert (data_of(answer)["status"], data_of(answer)["cancelledBy"]) == ("CANCELLED", "PATIENT")
    assert answer.get_json()["message"] == "Booking cancelled. It costs nothing."


def test_nothing_becomes_pending_again(bo: Program, visit: Appointment) -> None:
    answer = bo.patch(address(visit, "/status"), {"status": "pending"})
    assert refusal_of(answer) == (409, "INVALID_STATE_TRANSITION")


@pytest.mark.parametrize("body", [{}, {"status": "ARRIVED"}, {"status": None}, {"status": 1}])
def test_a_status_is_one_of_five(bo: Program, visit: Appointment, body: dict[str, Any]) -> None:
    answer = bo.patch(address(visit, "/status"), body)
    assert (refusal_of(answer), list(details_of(answer))) == ((400, "VALIDATION_ERROR"), ["status"])
