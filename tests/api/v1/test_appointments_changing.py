"""Appointments by the API: whose they are to change, and their texts. It is Monday 2 March 2026, 9:00 in Leeds."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment, Status
from portal.core import clock
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.api.v1.booked import TEN, address, as_patient, booked, patient_record_of
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, account_of, an_appointment

LATE = TEN - timedelta(hours=3)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana sees Bo on Thursday at 10."""
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=TEN)


@pytest.fixture
def ana(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.ana)


def kinds(answer: Any) -> list[str]:
    return [line["kind"] for line in data_of(answer)["history"]]


def test_a_patient_writes_their_notes_and_questions(
    session: Session, ana: Program, visit: Appointment
) -> None:
    shown = data_of(ana.patch(address(visit), {"questions": "May I run?", "patientNotes": " By bus "}))
    assert (shown["questions"], shown["patientNotes"]) == ("May I run?", "By bus")
    data_of(ana.patch(address(visit), {"questions": ""}))
    row = booked(session, visit.id)
    assert (row.questions, row.patient_notes) == ("", "By bus")


@pytest.mark.parametrize("who", ["ada", "max", "mia", "cora", "bo"])
def test_the_team_writes_its_notes_and_the_title(
    cast: Cast, program: ProgramOf, visit: Appointment, who: str
) -> None:
    writer = program(getattr(cast, who))
    answer = writer.patch(address(visit), {"clinicianNotes": "Check the knee", "title": "Knee"})
    assert (data_of(answer)["clinicianNotes"], data_of(answer)["title"]) == ("Check the knee", "Knee")
    assert kinds(answer)[-1] == "edited"


def test_nobody_writes_what_is_not_theirs(
    session: Session, cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    ana, bo = program(cast.ana), program(cast.bo)
    for text in ("clinicianNotes", "title"):
        assert refusal_of(ana.patch(address(visit), {text: "Mine", "questions": "x"})) == (403, "FORBIDDEN")
    for text in ("patientNotes", "questions"):
        assert refusal_of(bo.patch(address(visit), {text: "Mine"})) == (403, "FORBIDDEN")
    assert refusal_of(program(cast.fay).patch(address(visit), {"title": "Mine"})) == (403, "FORBIDDEN")
    row = booked(session, visit.id)
    assert {row.clinician_notes, row.title, row.patient_notes, row.questions} == {""}


def test_once_it_has_begun_the_patient_writes_no_more(
    cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    with clock.travel_to(TEN):
        late = program(cast.ana).patch(address(visit), {"questions": "May I run?"})
        assert refusal_of(late) == (409, "INVALID_STATE_TRANSITION")
        assert program(cast.bo).patch(address(visit), {"clinicianNotes": "Better"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"questions": None}, "questions"),
        ({"questions": "x" * 1001}, "questions"),
        ({"patientNotes": 5}, "patientNotes"),
        ({"title": "x" * 121}, "title"),
        ({"status": "CANCELLED"}, "status"),
        ({"consultationFee": 1}, "consultationFee"),
        ({"startAt": "2026-03-06T10:00:00Z"}, "startAt"),
    ],
)
def test_what_cannot_be_changed_here_is_named(
    ana: Program, visit: Appointment, body: dict[str, Any], field: str
) -> None:
    answer = ana.patch(address(visit), body)
    assert (refusal_of(answer), list(details_of(answer))) == ((400, "VALIDATION_ERROR"), [field])


ACTS: list[tuple[str, str, dict[str, Any]]] = [
    ("PATCH", "", {"title": "Mine"}),
    ("POST", "/reschedule", {"startAt": "2026-03-06T14:00:00Z"}),
    ("POST", "/cancel", {"reason": "Mine"}),
    ("PATCH", "/status", {"status": "CANCELLED", "reason": "Mine"}),
]


def test_what_is_not_theirs_stays_as_it_is(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program, visit: Appointment
) -> None:
    before = visit.version
    expected = {
        (404, "NOT_FOUND"): (program(cast.zora), program(cast.zoe)),
        (403, "FORBIDDEN"): (program(cast.zack),),
        (401, "UNAUTHORIZED"): (visitor,),
    }
    for method, noun, body in ACTS:
        for refusal, strangers in expected.items():
            for stranger in strangers:
                answer = stranger.send(method, address(visit, noun), json=body)
                assert (noun, refusal_of(answer)) == (noun, refusal)
                assert "Ana" not in answer.text
    assert booked(session, visit.id).version == before


def test_the_desk_sets_no_status(cast: Cast, program: ProgramOf, visit: Appointment) -> None:
    answer = program(cast.fay).patch(address(visit, "/status"), {"status": "CANCELLED", "reason": "x"})
    assert refusal_of(answer) == (403, "FORBIDDEN")


def test_a_clinician_who_is_the_patient_has_patients_rights(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    record = patient_record_of(session, cast.clinician)
    colleague = a_clinician(session, cast.leeds, requires_acceptance=True)
    theirs = an_appointment(
        session, clinician=colleague, patient=record, starts_at=TEN, by=as_patient(session, cast.clinician)
    )
    account = account_of(session, cast.clinician)
    bo = program(account)
    assert refusal_of(bo.patch(address(theirs, "/status"), {"status": "CONFIRMED"})) == (403, "FORBIDDEN")
    assert refusal_of(bo.patch(address(theirs), {"clinicianNotes": "Mine"})) == (403, "FORBIDDEN")
    assert bo.patch(address(theirs), {"questions": "May I run?"}).status_code == 200
    commands.accept(session, theirs, by=cast.mia, at=NOW)
    session.flush()
    with clock.travel_to(LATE):
        bo = program(account)
        late = bo.post(address(theirs, "/reschedule"), {"startAt": "2026-03-06T14:00:00Z"})
        assert refusal_of(late) == (409, "CANCELLATION_NOT_ALLOWED")
        answer = bo.post(address(theirs, "/cancel"))
        assert answer.get_json()["message"] == "Booking cancelled. No refund available."
        assert data_of(answer)["cancelledBy"] == "PATIENT"


def test_the_same_key_changes_once(session: Session, ana: Program, visit: Appointment) -> None:
    moves = [
        ana.post(address(visit, "/reschedule"), {"startAt": "2026-03-06T14:00:00Z"}, key="move") for _ in "12"
    ]
    assert moves[0].get_json() == moves[1].get_json()
    ends = [ana.post(address(visit, "/cancel"), {"reason": "Better"}, key="end") for _ in "12"]
    assert (ends[0].status_code, ends[1].status_code) == (200, 200)
    assert ends[0].get_json() == ends[1].get_json()
    row = booked(session, visit.id)
    assert row.status == Status.CANCELLED
    assert [line.kind for line in row.history] == ["confirmed", "rescheduled", "cancelled"]
