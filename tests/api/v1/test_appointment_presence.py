"""Programs say that a patient is here and that a session has begun, and take it back, as the board does."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core import clock
from tests.api.client import data_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import an_appointment, wall

TEN = wall("2026-03-05 10:00")
"""Thursday; Ana sees Bo."""


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=TEN)


def test_the_desk_says_that_she_is_here_and_takes_it_back(
    cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    address = f"/appointments/{visit.id}/arrival"
    with clock.travel_to(TEN - timedelta(minutes=10)):
        fay = program(cast.fay)
        for _ in range(2):
            assert data_of(fay.put(address, {}))["arrivedAt"] == "2026-03-05T09:50:00Z"
        kinds = [line["kind"] for line in data_of(fay.get(f"/appointments/{visit.id}"))["history"]]
        assert kinds.count("arrived") == 1
        assert data_of(fay.delete(address))["arrivedAt"] is None


def test_a_coordinator_starts_and_the_desk_may_not(
    cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    address = f"/appointments/{visit.id}/start"
    with clock.travel_to(TEN):
        assert refusal_of(program(cast.fay).put(address, {})) == (403, "FORBIDDEN")
        assert refusal_of(program(cast.fay).delete(address)) == (403, "FORBIDDEN")
        cora = program(cast.cora)
        begun = data_of(cora.put(address, {}))
        assert (begun["startedAt"], begun["arrivedAt"]) == ("2026-03-05T10:00:00Z",) * 2
        stuck = cora.delete(f"/appointments/{visit.id}/arrival")
        assert refusal_of(stuck) == (409, "INVALID_STATE_TRANSITION")
        back = data_of(cora.delete(address))
        assert (back["startedAt"], back["arrivedAt"]) == (None, "2026-03-05T10:00:00Z")


def test_days_before_and_after_the_visit_nobody_arrives(
    cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    for noun in ("arrival", "start"):
        early = program(cast.bo).put(f"/appointments/{visit.id}/{noun}", {})
        assert refusal_of(early) == (409, "INVALID_STATE_TRANSITION")


def test_the_patient_and_another_centre_stay_outside(
    cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    address = f"/appointments/{visit.id}/arrival"
    assert refusal_of(program(cast.ana).put(address, {})) == (403, "FORBIDDEN")
    assert refusal_of(program(cast.zack).put(address, {})) == (403, "FORBIDDEN")
    assert refusal_of(program(cast.zoe).put(address, {})) == (404, "NOT_FOUND")
