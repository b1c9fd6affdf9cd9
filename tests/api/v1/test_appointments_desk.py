"""Staff book for patients by the API, and clinicians for clients of their own."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.audit.models import AuditEntry
from portal.core.permissions import SYSTEM
from portal.notifications.models import Delivery
from portal.people.caring import add_dependant
from portal.people.models import Patient
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.api.v1.booked import TEN, booked, slot_at
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, a_patient, an_appointment, wall


@pytest.fixture
def slot(session: Session, cast: Cast) -> str:
    """Bo's Thursday at 10."""
    return slot_at(session, cast.clinician, "2026-03-05 10:00")


@pytest.fixture
def fay(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.fay)


@pytest.fixture
def bo(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.bo)


def book(program: Program, slot: str, **more: Any) -> Any:
    return program.post("/appointments", {"slotId": slot, **more})


def caller(phone: str | None, full_name: str, **more: Any) -> dict[str, Any]:
    return {"patient": {"phone": phone, "fullName": full_name, **more}}


def patients(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Patient)) or 0


def test_the_desk_books_for_a_patient(session: Session, cast: Cast, fay: Program, slot: str) -> None:
    answer = book(fay, slot, patientId=cast.patient.id, notes="Comes with a child", consultationFee=25.5)
    assert answer.status_code == 201
    made = data_of(answer)
    assert (made["patientName"], made["patientPhone"]) == ("Ana Silva", cast.patient.phone)
    assert (made["status"], made["consultationFee"]) == ("CONFIRMED", 25.5)
    assert made["patientNotes"] == "Comes with a child"
    row = booked(session, made["id"])
    assert (row.fee_minor, row.channel, row.booked_by_id) == (2550, "API", cast.fay.account_id)


def test_every_role_that_books_for_others_does(session: Session, cast: Cast, program: ProgramOf) -> None:
    for hour, who in enumerate((cast.ada, cast.max, cast.mia, cast.cora, cast.fay, cast.bo), 9):
        patient = cast.patient if who is not cast.bo else _a_patient_of_bo(session, cast)
        time = slot_at(session, cast.clinician, f"2026-03-06 {hour:02}:00")
        assert book(program(who), time, patientId=patient.id).status_code == 201, who


def _a_patient_of_bo(session: Session, cast: Cast) -> Patient:
    patient = a_patient(session)
    an_appointment(session, clinician=cast.clinician, patient=patient)
    return patient


def test_the_desk_books_at_short_notice(session: Session, cast: Cast, fay: Program) -> None:
    today = slot_at(session, cast.clinician, "2026-03-02 15:00")
    silent = book(fay, today, patientId=cast.patient.id)
    assert refusal_of(silent) == (400, "VALIDATION_ERROR")
    assert silent.get_json()["error"]["brokenRules"] == ["TOO_SOON"]
    around = {"rules": ["TOO_SOON"], "reason": ""}
    assert list(details_of(book(fay, today, patientId=cast.patient.id, override=around))) == ["reason"]
    made = book(fay, today, patientId=cast.patient.id, override={**around, "reason": "Walked in"})
    line = data_of(made)["history"][-1]
    assert (line["overridden"], line["reason"]) == (["TOO_SOON"], "Walked in")


def test_a_known_phone_is_the_patient_known_by_it(session: Session, fay: Program, slot: str) -> None:
    known = a_patient(session, full_name="Ana Silva", phone="+447700900111")
    before = patients(session)
    answer = book(fay, slot, **caller("07700 900111", "ana  SILVA"))
    assert data_of(answer)["patientId"] == known.id
    assert answer.get_json()["message"] is None
    assert patients(session) == before


def test_another_name_is_shown_and_never_kept(session: Session, fay: Program, slot: str) -> None:
    known = a_patient(session, full_name="Ana Silva", phone="+447700900111", email="ana@example.org")
    answer = book(fay, slot, **caller("+447700900111", "Anna Sylva", email="other@example.org"))
    assert data_of(answer)["patientName"] == "Ana Silva"
    assert answer.get_json()["message"] == "We know this patient as Ana Silva."
    session.refresh(known)
    assert (known.full_name, known.email) == ("Ana Silva", "ana@example.org")


def test_somebody_new_is_registered(session: Session, cast: Cast, fay: Program, slot: str) -> None:
    answer = book(fay, slot, **caller("07700 900444", " Rosa  Lind ", email="Rosa@Example.org"))
    made = session.get_one(Patient, data_of(answer)["patientId"])
    assert (made.full_name, made.phone, made.email) == ("Rosa Lind", "+447700900444", "rosa@example.org")
    assert made.created_by_id == cast.fay.account_id
    audited = session.scalars(select(AuditEntry.action).where(AuditEntry.patient_id == made.id)).all()
    assert "patient.create" in audited


def test_somebody_of_a_known_name_is_asked_about_and_registered_by_who_says_why(
    session: Session, fay: Program, slot: str
) -> None:
    known = a_patient(session, full_name="Rosa Lind")
    before = patients(session)
    asked = book(fay, slot, **caller("07700 900444", "rosa lind"))
    assert refusal_of(asked) == (409, "DUPLICATE_ENTRY")
    assert details_of(asked).keys() == {"patientIds", "patient.despiteDuplicates"}
    assert details_of(asked)["patientIds"] == str(known.id)
    silent = book(fay, slot, **caller("07700 900444", "rosa lind", despiteDuplicates=True))
    assert refusal_of(silent) == (400, "VALIDATION_ERROR")
    assert list(details_of(silent)) == ["patient.reason"]
    assert patients(session) == before
    said = caller("07700 900444", "rosa lind", despiteDuplicates=True, reason="Her aunt")
    made = data_of(book(fay, slot, **said))
    assert made["patientId"] != known.id
    kept = select(AuditEntry.detail).where(AuditEntry.action == "patient.override-duplicate")
    assert session.scalars(kept).all() == [{"reason": "Her aunt"}]


def test_a_client_of_a_known_name_is_asked_about_too(session: Session, fay: Program, slot: str) -> None:
    known = a_patient(session, full_name="Rosa Lind")
    asked = book(fay, slot, clientEmail="rosa@example.org", clientName="Rosa Lind")
    assert refusal_of(asked) == (409, "DUPLICATE_ENTRY")
    assert details_of(asked)["patientIds"] == str(known.id)
    another = {"email": "rosa@example.org", "despiteDuplicates": True, "reason": "Her aunt"}
    assert book(fay, slot, **caller(None, "Rosa Lind", **another)).status_code == 201


def test_an_email_address_of_somebody_with_another_phone_is_asked_about(
    session: Session, fay: Program, slot: str
) -> None:
    known = a_patient(session, full_name="Rui Silva", email="silva@example.org", with_account=False)
    asked = book(fay, slot, **caller("07700 900444", "Lia Silva", email="silva@example.org"))
    assert details_of(asked)["patientIds"] == str(known.id)


def test_a_patient_is_registered_with_the_booking_or_not_at_all(
    session: Session, cast: Cast, fay: Program, slot: str
) -> None:
    an_appointment(session, clinician=cast.clinician, starts_at=TEN)
    before = patients(session)
    assert refusal_of(book(fay, slot, **caller("07700 900444", "Rosa Lind"))) == (409, "SLOT_UNAVAILABLE")
    assert patients(session) == before


@pytest.mark.parametrize(
    ("who", "field"),
    [
        (caller("12", "Rosa Lind"), "patient.phone"),
        (caller(None, "Rosa Lind"), "patient.phone"),
        (caller("", "Rosa Lind"), "patient.phone"),
        (caller("07700 900444", "R2-D2"), "patient.fullName"),
        (caller("07700 900444", ""), "patient.fullName"),
        (caller("07700 900444", "Rosa Lind", email="rosa"), "patient.email"),
        (caller("07700 900444", "Rosa Lind", age=5), "patient.age"),
        ({"patientId": None}, "patientId"),
        ({}, "patientId"),
        ({"clientEmail": "rosa", "clientName": "Rosa Lind"}, "clientEmail"),
        ({"clientEmail": "rosa@example.org"}, "clientName"),
        ({"clientName": "Rosa Lind"}, "clientEmail"),
    ],
)
def test_what_cannot_be_used_of_a_caller_is_named(
    fay: Program, slot: str, who: dict[str, Any], field: str
) -> None:
    answer = book(fay, slot, **who)
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert list(details_of(answer)) == [field]


def test_it_is_for_one_person(cast: Cast, fay: Program, slot: str) -> None:
    answer = book(fay, slot, patientId=cast.patient.id, **caller("07700 900444", "Rosa Lind"))
    assert list(details_of(answer)) == ["patientId"]


def test_a_patient_who_does_not_exist(fay: Program, slot: str) -> None:
    assert refusal_of(book(fay, slot, patientId=2**63 - 1)) == (404, "NOT_FOUND")


def test_an_address_of_several_patients_names_none(session: Session, fay: Program, slot: str) -> None:
    for name in ("Ana Silva", "Rui Silva"):
        a_patient(session, full_name=name, email="family@example.org", with_account=False)
    answer = book(fay, slot, clientEmail="family@example.org", clientName="Rui Silva")
    assert list(details_of(answer)) == ["clientEmail"]
    assert "Rui" not in answer.text


def test_the_fee_is_in_the_currency_of_the_centre(session: Session, cast: Cast, program: ProgramOf) -> None:
    tokyo = a_centre(session, time_zone="Asia/Tokyo", currency="JPY")
    clinician = a_clinician(session, tokyo)
    time = {"clinicianId": clinician.id, "appointmentDate": "2026-03-05", "appointmentTime": "10:00"}
    ada, body = program(cast.ada), {"patientId": cast.patient.id, **time}
    answer = ada.post("/appointments", {**body, "consultationFee": 1000.5})
    assert list(details_of(answer)) == ["consultationFee"]
    made = data_of(ada.post("/appointments", {**body, "consultationFee": 1000}))
    assert (made["consultationFee"], made["currency"]) == (1000.0, "JPY")


@pytest.mark.parametrize("fee", [1.005, 10_000_000.01, 10**12])
def test_a_fee_that_makes_no_sense(cast: Cast, fay: Program, slot: str, fee: float) -> None:
    answer = book(fay, slot, patientId=cast.patient.id, consultationFee=fee)
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert list(details_of(answer)) == ["consultationFee"]


def test_cora_overbooks_with_a_reason(session: Session, cast: Cast, program: ProgramOf, slot: str) -> None:
    an_appointment(session, clinician=cast.clinician, starts_at=TEN)
    cora = program(cast.cora)
    assert refusal_of(book(cora, slot, patientId=cast.patient.id)) == (409, "SLOT_UNAVAILABLE")
    silent = book(cora, slot, patientId=cast.patient.id, overbook=True)
    assert list(details_of(silent)) == ["reason"]
    made = data_of(book(cora, slot, patientId=cast.patient.id, overbook=True, reason="Urgent pain"))
    assert made["history"][-1]["reason"] == "Urgent pain"
    assert booked(session, made["id"]).is_overbooked
    audited = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == made["id"])).all()
    assert "appointment.override-rule" in audited


def test_neither_the_desk_nor_clinicians_overbook(
    session: Session, cast: Cast, fay: Program, bo: Program, slot: str
) -> None:
    an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=TEN)
    for who in (fay, bo):
        answer = book(who, slot, patientId=cast.patient.id, overbook=True, reason="Urgent")
        assert refusal_of(answer) == (403, "FORBIDDEN")


def test_staff_book_at_their_own_centre(cast: Cast, program: ProgramOf, slot: str) -> None:
    answer = book(program(cast.zack), slot, patientId=cast.patient.id)
    assert refusal_of(answer) == (403, "FORBIDDEN")
    assert "alternatives" not in answer.get_json()["error"]


def test_a_clinician_books_for_a_client_who_is_new(
    session: Session, cast: Cast, bo: Program, slot: str
) -> None:
    made = data_of(
        book(bo, slot, clientEmail="Rosa@Example.org", clientName="Rosa Lind", title="First session")
    )
    client = session.get_one(Patient, made["patientId"])
    assert (client.email, client.full_name) == ("rosa@example.org", "Rosa Lind")
    assert (made["status"], made["title"]) == ("CONFIRMED", "First session")
    again = slot_at(session, cast.clinician, "2026-03-06 10:00")
    answer = book(bo, again, clientEmail="rosa@example.org")
    assert (data_of(answer)["patientId"], answer.get_json()["message"]) == (client.id, None)


def test_a_clinician_does_not_learn_of_the_clients_of_others(
    session: Session, cast: Cast, bo: Program, slot: str
) -> None:
    hidden = a_patient(session, full_name="Zora Neale", phone="+447700900112", email="zora@example.org")
    assert refusal_of(book(bo, slot, patientId=hidden.id)) == (404, "NOT_FOUND")
    taken = book(bo, slot, **caller("+447700900112", "Somebody Else"))
    assert (refusal_of(taken), list(details_of(taken))) == ((409, "DUPLICATE_ENTRY"), ["patient.phone"])
    assert "Zora" not in taken.text
    made = data_of(book(bo, slot, clientEmail="zora@example.org", clientName="Zora Neale"))
    assert made["patientId"] != hidden.id


def test_a_clinician_books_nobody_else_with_a_colleague(session: Session, cast: Cast, bo: Program) -> None:
    patient = _a_patient_of_bo(session, cast)
    other = slot_at(session, a_clinician(session, cast.leeds), "2026-03-05 10:00")
    assert refusal_of(book(bo, other, patientId=patient.id)) == (403, "FORBIDDEN")


def test_bo_books_what_follows_up_a_visit_and_it_says_so(
    session: Session, cast: Cast, bo: Program, slot: str
) -> None:
    before = _visit(session, cast, cast.patient)
    made = data_of(book(bo, slot, patientId=cast.patient.id, followUpOfId=before.id))
    assert made["followUpOfId"] == before.id
    assert data_of(bo.get(f"/appointments/{made['id']}"))["followUpOfId"] == before.id
    assert data_of(bo.get(f"/appointments/{before.id}"))["followUpOfId"] is None


def test_only_a_visit_of_that_patient_within_reach_can_be_followed_up(
    session: Session, cast: Cast, bo: Program, slot: str
) -> None:
    _visit(session, cast, cast.patient)
    of_another = _visit(session, cast, a_patient(session))
    refused = book(bo, slot, patientId=cast.patient.id, followUpOfId=of_another.id)
    assert details_of(refused).keys() == {"followUpOfId"}
    monday = wall("2026-03-09 15:00")
    elsewhere = an_appointment(
        session, clinician=a_clinician(session), patient=cast.patient, starts_at=monday
    )
    assert book(bo, slot, patientId=cast.patient.id, followUpOfId=elsewhere.id).status_code == 404
    assert book(bo, slot, patientId=cast.patient.id, followUpOfId=10**6).status_code == 404
    assert data_of(book(bo, slot, patientId=cast.patient.id))["followUpOfId"] is None


def _visit(session: Session, cast: Cast, patient: Patient) -> Appointment:
    return an_appointment(session, clinician=cast.clinician, patient=patient)


def test_a_callers_child_is_booked_by_its_own_id_and_the_parent_is_told(
    session: Session, cast: Cast, fay: Program, slot: str
) -> None:
    tom = add_dependant(session, cast.patient, by=SYSTEM, relation="CHILD", full_name="Tom Silva", at=NOW)
    made = data_of(book(fay, slot, patientId=tom.id))
    assert made["patientName"] == "Tom Silva"
    told = select(Delivery.patient_id).where(
        Delivery.appointment_id == made["id"], Delivery.kind == "appointment-confirmed"
    )
    assert set(session.scalars(told)) == {cast.patient.id}
