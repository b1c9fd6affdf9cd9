"""Programs merge two records of one person as the pages do."""

from sqlalchemy.orm import Session

from tests.api.client import refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import a_clinician, a_patient, an_appointment


def test_a_program_merges_two_records(program: ProgramOf, session: Session, cast: Cast) -> None:
    gone = a_patient(session, with_account=False, full_name="Anna Silva", email="anna@example.org")
    body = {"otherPatientId": gone.id, "take": ["fullName"]}
    answer = program(cast.max).post(f"/patients/{cast.patient.id}/merge", body)
    assert answer.status_code == 200, answer.text
    kept = answer.get_json()["data"]
    assert (kept["id"], kept["fullName"], kept["email"]) == (
        cast.patient.id,
        "Anna Silva",
        "anna@example.org",
    )
    by_its_old_id = program(cast.max).get(f"/patients/{gone.id}").get_json()["data"]
    assert by_its_old_id["id"] == cast.patient.id


def test_the_same_refusals_as_on_the_page(program: ProgramOf, session: Session, cast: Cast) -> None:
    gone = a_patient(session, with_account=False, full_name="Anna Silva")
    mine = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    an_appointment(
        session,
        clinician=a_clinician(session, cast.leeds),
        patient=gone,
        by=cast.fay,
        starts_at=mine.starts_at,
    )
    address = f"/patients/{cast.patient.id}/merge"
    answer = program(cast.max).post(address, {"otherPatientId": gone.id})
    assert refusal_of(answer) == (409, "CONFLICT")
    assert program(cast.max).post(address, {"otherPatientId": cast.patient.id}).status_code == 409
    assert program(cast.max).post(address, {"otherPatientId": 999_999}).status_code == 404
    assert program(cast.max).post(address, {"otherPatientId": gone.id, "take": ["id"]}).status_code == 400
    assert program(cast.fay).post(address, {"otherPatientId": gone.id}).status_code == 403
