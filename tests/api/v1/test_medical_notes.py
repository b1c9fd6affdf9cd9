"""Medical notes by the API."""

import pytest
from sqlalchemy.orm import Session

from tests.api.client import Program, data_of, details_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import an_appointment


@pytest.fixture
def bo(program: ProgramOf, session: Session, cast: Cast) -> Program:
    """Bo treats Ana."""
    an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    return program(cast.bo)


def test_bo_writes_reads_and_puts_right(bo: Program, cast: Cast) -> None:
    address = f"/patients/{cast.patient.id}/notes"
    made = data_of(bo.post(address, {"note": "Knee swollen."}))
    assert (made["note"], made["authorName"], made["addenda"]) == ("Knee swollen.", cast.bo.full_name, [])
    added = data_of(bo.post(address, {"note": "The left one.", "correctsId": made["id"]}))
    listed = data_of(bo.get(address))
    assert [one["id"] for one in listed] == [made["id"]]
    assert [one["id"] for one in listed[0]["addenda"]] == [added["id"]]


def test_what_makes_no_sense_is_said_by_field(bo: Program, cast: Cast) -> None:
    address = f"/patients/{cast.patient.id}/notes"
    assert details_of(bo.post(address, {"note": " "})).keys() == {"note"}
    assert details_of(bo.post(address, {"note": "x", "appointmentId": 10**6})).keys() == {"appointmentId"}
    assert details_of(bo.post(address, {"note": "x", "correctsId": 10**6})).keys() == {"correctsId"}
