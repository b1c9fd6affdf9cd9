"""Medical notes by the API."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import IdempotentAnswer
from portal.records.models import MedicalNote
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


def test_a_note_that_is_sent_again_is_answered_alike_and_no_copy_of_it_is_kept(
    bo: Program, session: Session, cast: Cast
) -> None:
    address = f"/patients/{cast.patient.id}/notes"
    first, again = (bo.post(address, {"note": "Knee swollen."}, key="one") for _ in range(2))
    assert (again.status_code, again.json) == (201, first.json)
    assert session.scalar(select(func.count()).select_from(MedicalNote)) == 1
    kept = session.scalars(select(IdempotentAnswer)).one()
    assert kept.body == str(data_of(first)["id"])
    assert bo.post(address, {"note": "Something else."}, key="one").status_code == 409
