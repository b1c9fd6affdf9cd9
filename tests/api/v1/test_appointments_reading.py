"""Appointments found and read by the API. It is Monday 2 March 2026, 9:00 in Leeds."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment, Status
from portal.audit.models import AuditEntry
from portal.settings import LateCancellation
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.api.v1.booked import TEN, address, as_patient, patient_record_of
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import (
    a_centre,
    a_clinician,
    a_hold,
    a_patient,
    account_of,
    an_appointment,
    an_override,
    wall,
)
from tests.web.helpers import counted


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana sees Bo on Thursday at 10."""
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=TEN)


def ids(program: Program, **query: object) -> list[int]:
    return [one["id"] for one in data_of(program.get("/appointments", **query))]


def test_a_patient_lists_what_is_booked(cast: Cast, program: ProgramOf, visit: Appointment) -> None:
    [listed] = data_of(program(cast.ana).get("/appointments"))
    expected = {
        "id": visit.id,
        "patientName": "Ana Silva",
        "patientPhone": None,
        "clinicianName": "Dr Bo Larsen",
        "centreId": cast.leeds.id,
        "appointmentDate": "2026-03-05",
        "appointmentTime": "10:00:00",
        "startAt": "2026-03-05T10:00:00Z",
        "endAt": "2026-03-05T11:00:00Z",
        "timezone": "Europe/London",
        "sessionType": "IN_PERSON",
        "format": "PERSONAL",
        "platform": "NONE",
        "status": "CONFIRMED",
        "waitingFor": None,
        "consultationFee": 60.0,
        "currency": "GBP",
        "paymentMethod": "AT_CENTRE",
        "paymentStatus": "UNPAID",
        "meetLink": None,
        "title": "Consultation with Dr Bo Larsen",
    }
    assert expected.items() <= listed.items()


def test_times_are_told_in_the_zone_of_the_centre(session: Session, cast: Cast, program: ProgramOf) -> None:
    auckland = a_clinician(session, a_centre(session, time_zone="Pacific/Auckland"))
    far = an_appointment(
        session,
        clinician=auckland,
        patient=cast.patient,
        starts_at=wall("2026-03-10 09:00", "Pacific/Auckland"),
    )
    ana = program(cast.ana)
    shown = data_of(ana.get(address(far)))
    assert (shown["appointmentDate"], shown["appointmentTime"]) == ("2026-03-10", "09:00:00")
    assert (shown["startAt"], shown["timezone"]) == ("2026-03-09T20:00:00Z", "Pacific/Auckland")
    assert ids(ana, date="2026-03-10") == [far.id]
    assert ids(ana, date="2026-03-09") == []
    assert ids(ana, startDate="2026-03-10", endDate="2026-03-10") == [far.id]
    assert ids(ana, startDate="2026-03-11") == []
    assert ids(ana, endDate="2026-03-09") == []


@pytest.mark.parametrize("spelling", ["CONFIRMED", "confirmed", "Scheduled", "SCHEDULED"])
def test_both_spellings_of_confirmed_in_any_case(
    session: Session, cast: Cast, program: ProgramOf, visit: Appointment, spelling: str
) -> None:
    an_appointment(session, clinician=cast.clinician, patient=cast.patient, status=Status.CANCELLED)
    assert ids(program(cast.ana), status=spelling) == [visit.id]


@pytest.mark.parametrize("spelling", ["CANCELLED", "canceled", "Cancelled"])
def test_both_spellings_of_cancelled(
    session: Session, cast: Cast, program: ProgramOf, visit: Appointment, spelling: str
) -> None:
    off = an_appointment(session, clinician=cast.clinician, patient=cast.patient, status=Status.CANCELLED)
    assert ids(program(cast.ana), status=spelling) == [off.id]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "done"}, "status"),
        ({"status": ""}, "status"),
        ({"when": "soon"}, "when"),
        ({"as": "admin"}, "as"),
        ({"date": "9999-12-31"}, "date"),
        ({"date": "0001-01-01"}, "date"),
        ({"startDate": "today"}, "startDate"),
        ({"patientId": 2**63}, "patientId"),
        ({"centreId": 0}, "centreId"),
        ({"page": 0}, "page"),
        ({"search": "x" * 201}, "search"),
        ({"specialisation": "x"}, "specialisation"),
    ],
)
def test_what_cannot_be_asked_is_named(
    cast: Cast, program: ProgramOf, query: dict[str, object], field: str
) -> None:
    answer = program(cast.ana).get("/appointments", **query)
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert list(details_of(answer)) == [field]


def test_more_than_a_hundred_are_not_given_at_once(cast: Cast, program: ProgramOf) -> None:
    answer = program(cast.ana).get("/appointments", limit=1000).get_json()
    assert answer["pagination"]["limit"] == 100


def test_current_upcoming_and_past(
    session: Session, cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    early = a_clinician(session, cast.leeds, hours="Mon 8:30-12")
    current = an_appointment(
        session, clinician=early, patient=cast.patient, starts_at=NOW - timedelta(minutes=30)
    )
    past = an_appointment(
        session, clinician=cast.clinician, patient=cast.patient, starts_at=wall("2026-02-23 10:00")
    )
    ana = program(cast.ana)
    found = {when: ids(ana, when=when) for when in ("current", "UPCOMING", "past")}
    assert found == {"current": [current.id], "UPCOMING": [visit.id], "past": [past.id]}


def test_staff_narrow_the_list(session: Session, cast: Cast, program: ProgramOf, visit: Appointment) -> None:
    other = a_clinician(session, cast.leeds, full_name="Ben Ortiz", specialization=["Cardiology"])
    others = an_appointment(session, clinician=other, patient=cast.stranger)
    elsewhere = an_appointment(session, clinician=a_clinician(session, cast.york), patient=cast.patient)
    ada = program(cast.ada)
    assert set(ids(ada, patientId=cast.patient.id)) == {visit.id, elsewhere.id}
    assert ids(ada, clinicianId=other.id) == [others.id]
    assert ids(ada, centreId=cast.york.id) == [elsewhere.id]
    assert ids(ada, search="neale") == [others.id]
    assert ids(ada, search="ORTIZ") == [others.id]
    assert ids(ada, specialization="Cardiology") == [others.id]
    assert set(ids(program(cast.fay))) == {visit.id, others.id}


def test_a_patients_appointments_with_their_clinician(
    session: Session, cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    an_appointment(session, clinician=a_clinician(session, cast.leeds), patient=cast.patient)
    bo = program(cast.bo)
    [listed] = data_of(bo.get("/appointments", patientId=cast.patient.id))
    assert listed["id"] == visit.id
    assert listed["patientPhone"] == cast.patient.phone


def test_a_clinician_who_is_a_patient_too_asks_for_either(
    session: Session, cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    bo = patient_record_of(session, cast.clinician)
    theirs = an_appointment(
        session,
        clinician=a_clinician(session, cast.leeds),
        patient=bo,
        by=as_patient(session, cast.clinician),
    )
    caller = program(account_of(session, cast.clinician))
    assert ids(caller, **{"as": "patient"}) == [theirs.id]
    assert ids(caller, **{"as": "Clinician"}) == [visit.id]
    assert set(ids(caller)) == {visit.id, theirs.id}
    assert ids(caller, **{"as": "clinician"}, clinicianId=theirs.clinician_id) == []
    assert ids(program(cast.ana), **{"as": "clinician"}) == []
    assert ids(program(cast.ada), **{"as": "patient"}) == []
    assert ids(program(cast.ada), **{"as": "clinician"}) == []


def test_a_clinician_reads_their_own_visit_to_a_colleague_as_a_patient(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    bo = patient_record_of(session, cast.clinician)
    colleague = a_clinician(session, cast.leeds)
    theirs = an_appointment(session, clinician=colleague, patient=bo, by=as_patient(session, cast.clinician))
    commands.edit(session, theirs, by=cast.cora, at=NOW, clinician_notes="Difficult")
    session.flush()
    caller = program(account_of(session, cast.clinician))
    answer = caller.get(address(theirs))
    assert data_of(answer)["clinicianNotes"] is None
    assert "Difficult" not in answer.text


def test_the_notes_of_the_team_are_hidden_from_the_patient(
    session: Session, cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    commands.edit(session, visit, by=cast.bo, at=NOW, clinician_notes="Check the knee")
    session.flush()
    hidden = program(cast.ana).get(address(visit))
    assert data_of(hidden)["clinicianNotes"] is None
    assert "Check the knee" not in hidden.text
    assert "edited" not in [line["kind"] for line in data_of(hidden)["history"]]
    assert data_of(program(cast.bo).get(address(visit)))["clinicianNotes"] == "Check the knee"


def test_the_history_says_who_did_what_when_and_why(
    session: Session, cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    no_refund = LateCancellation.NO_REFUND
    commands.cancel(session, visit, by=cast.cora, at=NOW, late=no_refund, reason="The clinician is ill")
    session.flush()
    shown = data_of(program(cast.ana).get(address(visit)))
    assert [line["kind"] for line in shown["history"]] == ["confirmed", "cancelled"]
    last = shown["history"][-1]
    assert (last["fromStatus"], last["toStatus"]) == ("CONFIRMED", "CANCELLED")
    assert (last["byName"], last["reason"]) == ("Fay Marsh", "The clinician is ill")
    assert last["changedAt"] == "2026-03-02T09:00:00Z"
    assert (shown["cancelledBy"], shown["cancelReason"]) == ("CENTRE", "The clinician is ill")
    assert shown["version"] == visit.version
    assert (shown["meeting"], shown["review"]) == (None, None)


def test_the_patient_does_not_read_why_the_team_overbooked(
    session: Session, cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    twice = an_appointment(
        session,
        clinician=cast.clinician,
        patient=cast.stranger,
        starts_at=TEN,
        by=cast.cora,
        override=an_override("Cannot wait"),
    )
    assert "Cannot wait" not in program(cast.zora).get(address(twice)).text
    assert "Cannot wait" in program(cast.bo).get(address(twice)).text


def test_what_staff_read_is_audited(
    session: Session, cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    views = select(func.count()).where(
        AuditEntry.action == "appointment.view", AuditEntry.patient_id == cast.patient.id
    )
    program(cast.ana).get(address(visit))
    assert session.scalar(views) == 0
    for reader in (cast.fay, cast.bo):
        program(reader).get(address(visit))
    assert session.scalar(views) == 2


def test_what_is_not_theirs_does_not_exist(
    cast: Cast, program: ProgramOf, visitor: Program, visit: Appointment
) -> None:
    for stranger in (cast.zora, cast.zoe):
        answer = program(stranger).get(address(visit))
        assert refusal_of(answer) == (404, "NOT_FOUND")
        assert "Ana" not in answer.text
        assert ids(program(stranger)) == []
    assert refusal_of(program(cast.zack).get(address(visit))) == (403, "FORBIDDEN")
    assert refusal_of(visitor.get(address(visit))) == (401, "UNAUTHORIZED")
    assert refusal_of(visitor.get("/appointments")) == (401, "UNAUTHORIZED")
    assert refusal_of(program(cast.ada).get(f"/appointments/{2**63}")) == (404, "NOT_FOUND")


def test_a_time_that_is_only_held_is_no_appointment(session: Session, cast: Cast, program: ProgramOf) -> None:
    held = a_hold(session, cast.clinician, patient=cast.patient)
    assert ids(program(cast.ana)) == []
    assert refusal_of(program(cast.ana).get(address(held))) == (404, "NOT_FOUND")


def test_a_longer_list_asks_no_more_of_the_database(session: Session, cast: Cast, program: ProgramOf) -> None:
    ada = program(cast.ada)

    def asked() -> int:
        session.expire_all()
        with counted() as queries:
            assert data_of(ada.get("/appointments", limit=100)) is not None
        return len(queries)

    for _ in range(2):
        an_appointment(session, clinician=a_clinician(session), patient=a_patient(session))
    few = asked()
    for _ in range(6):
        an_appointment(session, clinician=a_clinician(session), patient=a_patient(session))
    assert asked() == few
