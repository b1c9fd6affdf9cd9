"""Patients by the API."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.commands import send_code
from portal.accounts.models import Account, Audience
from portal.audit.models import AuditEntry
from portal.audit.queries import entries_about_patient
from portal.core.permissions import Actor
from portal.notifications.models import Delivery
from portal.people.models import Clinician, Patient
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_hold, a_patient, account_of, an_appointment, wall
from tests.web.helpers import signed_in

NEW_PHONE = "+447700900101"
ROSA = {"fullName": "Rosa Blum", "phone": "07700 900100", "dateOfBirth": "1980-06-04", "bloodGroup": "a+"}


@pytest.fixture
def ana(session: Session, cast: Cast) -> Patient:
    cast.patient.medical_history = "No known allergies"
    session.flush()
    return cast.patient


def entries_about(session: Session, patient_id: int) -> list[tuple[Any, ...]]:
    columns = (
        AuditEntry.action,
        AuditEntry.account_id,
        AuditEntry.by_name,
        AuditEntry.role,
        AuditEntry.subject_type,
        AuditEntry.subject_id,
    )
    found = select(*columns).where(AuditEntry.patient_id == patient_id, AuditEntry.action != "patient.create")
    return [tuple(row) for row in session.execute(found.order_by(AuditEntry.id))]


def code_for(session: Session, phone: str) -> str:
    send_code(session, phone=phone, audience=Audience.PATIENT, at=NOW, minutes=5)
    session.flush()
    code = session.scalar(
        select(Delivery.code).where(Delivery.recipient == phone).order_by(Delivery.id.desc())
    )
    assert code is not None
    return code


def test_the_desk_finds_patients_by_parts_of_a_name_or_phone(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    rosa = a_patient(session, full_name="Rosa Blum", phone="+447700900100")
    fay = program(cast.fay)
    assert [one["id"] for one in data_of(fay.get("/patients", search="blu ros"))] == [rosa.id]
    assert [one["fullName"] for one in data_of(fay.get("/patients", phone="07700 900100"))] == ["Rosa Blum"]
    both = fay.get("/patients", limit=1).get_json()
    assert [one["id"] for one in both["data"]] == [ana.id]
    assert both["pagination"]["total"] == 2
    assert "allergies" not in fay.get("/patients").text


def test_a_clinician_finds_only_whom_they_treat_or_registered(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    bo = program(cast.bo)
    own = data_of(bo.post("/patients", ROSA))["id"]
    a_hold(session, cast.clinician, patient=cast.stranger)
    assert [one["id"] for one in data_of(bo.get("/patients"))] == [own]
    an_appointment(session, clinician=cast.clinician, patient=ana)
    assert [one["id"] for one in data_of(bo.get("/patients"))] == [ana.id, own]
    assert data_of(program(cast.zoe).get("/patients")) == []


def test_patients_and_visitors_list_nobody(cast: Cast, program: ProgramOf, visitor: Program) -> None:
    assert refusal_of(program(cast.ana).get("/patients")) == (403, "FORBIDDEN")
    assert refusal_of(visitor.get("/patients")) == (401, "UNAUTHORIZED")


def test_a_patient_is_registered(cast: Cast, program: ProgramOf) -> None:
    answer = program(cast.fay).post("/patients", {**ROSA, "gender": "female", "leadSource": "Referral"})
    assert answer.status_code == 201
    made = data_of(answer)
    assert made.pop("id") > 0
    assert made == {
        "fullName": "Rosa Blum",
        "phone": "+447700900100",
        "email": None,
        "dateOfBirth": "1980-06-04",
        "gender": "FEMALE",
        "bloodGroup": "A+",
        "leadSource": "Referral",
        "createdAt": "2026-03-02T09:00:00Z",
        "emergencyContactName": "",
        "emergencyContactPhone": None,
        "medicalHistory": None,
        "channels": None,
        "wantsReminders": True,
        "language": None,
        "timeZone": None,
    }


def test_the_same_registration_sent_twice_makes_one_record(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    fay = program(cast.fay)
    first, again = (fay.post("/patients", ROSA, key="rosa") for _ in range(2))
    assert data_of(first) == data_of(again)
    assert len(session.scalars(select(Patient).where(Patient.full_name == "Rosa Blum")).all()) == 1


def test_the_same_phone_is_refused_whatever_is_said(session: Session, cast: Cast, program: ProgramOf) -> None:
    known = a_patient(session, full_name="Rosa Blum", phone="+447700900100")
    for more in ({}, {"despiteDuplicates": True, "reason": "A sister"}):
        answer = program(cast.fay).post("/patients", {**ROSA, **more})
        assert refusal_of(answer) == (409, "DUPLICATE_ENTRY")
        assert set(details_of(answer)) == {"phone", "patientIds"}
        assert details_of(answer)["patientIds"] == str(known.id)


def test_somebody_of_the_same_name_is_offered_and_can_be_registered_all_the_same(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    known = a_patient(session, full_name="Rosa Blum")
    fay = program(cast.fay)
    offered = fay.post("/patients", ROSA)
    assert refusal_of(offered) == (409, "DUPLICATE_ENTRY")
    assert details_of(offered)["patientIds"] == str(known.id)
    assert "despiteDuplicates" in details_of(offered)
    silent = fay.post("/patients", {**ROSA, "despiteDuplicates": True, "reason": " "})
    assert refusal_of(silent) == (400, "VALIDATION_ERROR")
    assert details_of(silent) == {"reason": "Say how you know that it is somebody else."}
    said = {**ROSA, "despiteDuplicates": True, "reason": "Born in another year"}
    made = data_of(fay.post("/patients", said))
    audited = {entry.action: entry.detail for entry in entries_about_patient(session, made["id"], 10)}
    assert audited["patient.override-duplicate"] == {"reason": "Born in another year"}


def test_a_clinician_is_not_told_of_the_patients_of_others(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    a_patient(session, full_name="Rosa Blum", phone="+447700900100", email="rosa@example.org")
    bo = program(cast.bo)
    taken = bo.post("/patients", {**ROSA, "fullName": "Somebody Else"})
    assert refusal_of(taken) == (409, "DUPLICATE_ENTRY")
    assert set(details_of(taken)) == {"phone"}
    assert bo.post("/patients", {**ROSA, "phone": NEW_PHONE}).status_code == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"fullName": "  "}, "fullName"),
        ({"fullName": "x" * 101}, "fullName"),
        ({"fullName": "R2-D2"}, "fullName"),
        ({"fullName": None}, "fullName"),
        ({"phone": "12"}, "phone"),
        ({"phone": None}, "phone"),
        ({"email": "rosa"}, "email"),
        ({"dateOfBirth": "2999-01-01"}, "dateOfBirth"),
        ({"dateOfBirth": "2026-03-03"}, "dateOfBirth"),
        ({"dateOfBirth": "0001-01-01"}, "dateOfBirth"),
        ({"dateOfBirth": 0}, "dateOfBirth"),
        ({"dateOfBirth": "86400"}, "dateOfBirth"),
        ({"dateOfBirth": "2020-02-30"}, "dateOfBirth"),
        ({"gender": "X"}, "gender"),
        ({"bloodGroup": "C"}, "bloodGroup"),
        ({"emergencyContactPhone": "1"}, "emergencyContactPhone"),
        ({"emergencyContactName": "1"}, "emergencyContactName"),
        ({"despiteDuplicates": "yes"}, "despiteDuplicates"),
        ({"medicalHistory": "x"}, "medicalHistory"),
        ({"id": 7}, "id"),
    ],
)
def test_what_is_wrong_with_a_new_patient_is_said_by_field(
    cast: Cast, program: ProgramOf, changes: dict[str, Any], field: str
) -> None:
    answer = program(cast.fay).post("/patients", {**ROSA, **changes})
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert list(details_of(answer)) == [field]


def test_each_look_at_a_record_leaves_the_line_that_the_page_leaves(
    app: Flask, session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    desk = session.get_one(Account, cast.fay.account_id)
    assert signed_in(app, desk).get(f"/patients/{ana.id}").status_code == 200
    assert data_of(program(cast.fay).get(f"/patients/{ana.id}"))["fullName"] == "Ana Silva"
    by_page, by_api = entries_about(session, ana.id)
    assert by_api == by_page
    assert by_api[:2] == ("patient.view", desk.id)


def test_what_is_refused_leaves_no_line(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    assert refusal_of(program(cast.zoe).get(f"/patients/{ana.id}")) == (404, "NOT_FOUND")
    assert refusal_of(program(cast.zora).get(f"/patients/{ana.id}")) == (404, "NOT_FOUND")
    assert entries_about(session, ana.id) == []


@pytest.mark.parametrize("name", ["bo", "ada"])
def test_the_medical_history_is_for_those_who_treat_and_administrators(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient, name: str
) -> None:
    an_appointment(session, clinician=cast.clinician, patient=ana)
    caller = program(getattr(cast, name))
    assert data_of(caller.get(f"/patients/{ana.id}"))["medicalHistory"] == "No known allergies"
    changed = caller.patch(f"/patients/{ana.id}", {"medicalHistory": "Penicillin"})
    assert data_of(changed)["medicalHistory"] == "Penicillin"


@pytest.mark.parametrize("name", ["max", "mia", "cora", "fay", "ana"])
def test_nobody_else_reads_or_writes_the_medical_history(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient, name: str
) -> None:
    caller = program(getattr(cast, name))
    assert data_of(caller.get(f"/patients/{ana.id}"))["medicalHistory"] is None
    assert data_of(caller.patch(f"/patients/{ana.id}", {"bloodGroup": "O+"}))["medicalHistory"] is None
    refused = caller.patch(f"/patients/{ana.id}", {"medicalHistory": "None"})
    assert refusal_of(refused) == (403, "FORBIDDEN")
    session.refresh(ana)
    assert ana.medical_history == "No known allergies"


@pytest.mark.parametrize("path", ["0", "999999", str(2**63), "9" * 30, "me", "x", "-1"])
def test_a_record_that_is_not_there_is_not_found(cast: Cast, program: ProgramOf, path: str) -> None:
    ada = program(cast.ada)
    assert refusal_of(ada.get(f"/patients/{path}")) == (404, "NOT_FOUND")
    assert refusal_of(ada.patch(f"/patients/{path}", {})) == (404, "NOT_FOUND")
    assert refusal_of(ada.delete(f"/patients/{path}")) == (404, "NOT_FOUND")


def test_a_record_is_corrected_in_part(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    phone = ana.phone
    changed = data_of(
        program(cast.fay).patch(f"/patients/{ana.id}", {"email": "Ana@Example.org", "bloodGroup": "ab-"})
    )
    assert (changed["email"], changed["bloodGroup"]) == ("ana@example.org", "AB-")
    assert (changed["phone"], changed["fullName"]) == (phone, "Ana Silva")
    assert data_of(program(cast.fay).patch(f"/patients/{ana.id}", {"bloodGroup": None}))["bloodGroup"] is None
    assert [entry[0] for entry in entries_about(session, ana.id)] == ["patient.edit", "patient.edit"]


def test_a_correction_that_makes_no_sense_is_refused_by_field(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    fay, other = program(cast.fay), a_patient(session)
    assert list(details_of(fay.patch(f"/patients/{ana.id}", {"phone": None}))) == ["phone"]
    assert list(details_of(fay.patch(f"/patients/{ana.id}", {"fullName": ""}))) == ["fullName"]
    taken = fay.patch(f"/patients/{ana.id}", {"phone": other.phone})
    assert refusal_of(taken) == (409, "DUPLICATE_ENTRY")
    assert list(details_of(taken)) == ["phone"]


def test_a_phone_that_the_desk_corrects_ends_the_sign_ins_with_the_old_one(
    cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    own = program(cast.ana)
    assert own.get("/patients/me").status_code == 200
    assert program(cast.fay).patch(f"/patients/{ana.id}", {"phone": NEW_PHONE}).status_code == 200
    assert refusal_of(own.get("/patients/me")) == (401, "INVALID_TOKEN")


def test_patients_keep_their_own_details(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    own = program(cast.ana)
    assert data_of(own.get("/patients/me"))["id"] == ana.id
    changed = data_of(
        own.patch(
            "/patients/me",
            {"fullName": "Ana Maria Silva", "emergencyContactName": "Rui", "gender": "UNDISCLOSED"},
        )
    )
    assert changed["fullName"] == "Ana Maria Silva"
    assert data_of(own.get(f"/patients/{ana.id}")) == changed
    assert session.get_one(Account, ana.account_id).full_name == "Ana Maria Silva"
    assert [entry[0] for entry in entries_about(session, ana.id)] == ["patient.edit-own"]


def test_patients_do_not_reach_others(cast: Cast, program: ProgramOf, ana: Patient) -> None:
    zora = program(cast.zora)
    assert refusal_of(zora.patch(f"/patients/{ana.id}", {"fullName": "Mallory"})) == (404, "NOT_FOUND")
    assert refusal_of(zora.delete(f"/patients/{ana.id}")) == (403, "FORBIDDEN")


def test_an_own_phone_changes_with_a_code_that_went_to_it(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    own = program(cast.ana)
    without = own.patch("/patients/me", {"phone": NEW_PHONE, "fullName": "Changed Too"})
    assert list(details_of(without)) == ["phoneOtp"]
    code = code_for(session, NEW_PHONE)
    wrong = "000000" if code != "000000" else "111111"
    refused = own.patch("/patients/me", {"phone": NEW_PHONE, "phoneOtp": wrong})
    assert refusal_of(refused) == (401, "INVALID_OTP")
    session.refresh(ana)
    assert (ana.full_name, ana.phone == NEW_PHONE) == ("Ana Silva", False)

    changed = own.patch("/patients/me", {"phone": "07700 900101", "phoneOtp": code})
    assert data_of(changed)["phone"] == NEW_PHONE
    assert "sign in" in changed.get_json()["message"]
    account = session.get_one(Account, ana.account_id)
    session.refresh(account)
    assert (account.phone, account.phone_verified_at) == (NEW_PHONE, NOW)
    assert refusal_of(own.get("/patients/me")) == (401, "INVALID_TOKEN")


def test_a_code_to_the_old_phone_proves_nothing(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    code = code_for(session, ana.phone or "")
    answer = program(cast.ana).patch("/patients/me", {"phone": NEW_PHONE, "phoneOtp": code})
    assert refusal_of(answer) == (401, "INVALID_OTP")


def test_only_whoever_holds_a_phone_learns_that_it_is_taken(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    taken, own = a_patient(session).phone or "", program(cast.ana)
    unproved = own.patch("/patients/me", {"phone": taken, "phoneOtp": "123456"})
    assert refusal_of(unproved) == (401, "INVALID_OTP")
    proved = own.patch("/patients/me", {"phone": taken, "phoneOtp": code_for(session, taken)})
    assert refusal_of(proved) == (409, "DUPLICATE_ENTRY")


def test_an_own_phone_stays_when_it_is_the_same_and_cannot_be_emptied(
    cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    own = program(cast.ana)
    assert own.patch("/patients/me", {"phone": ana.phone}).status_code == 200
    for nothing in (None, "", " "):
        assert list(details_of(own.patch("/patients/me", {"phone": nothing}))) == ["phone"]


def test_a_removed_patient_is_nowhere_and_signs_in_no_longer(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    visit = an_appointment(session, clinician=cast.clinician, patient=ana, starts_at=wall("2026-02-24 10:00"))
    held, phone = a_hold(session, cast.clinician, patient=ana), ana.phone
    own, ada = program(cast.ana), program(cast.ada)
    assert own.get("/patients/me").status_code == 200
    assert ada.delete(f"/patients/{ana.id}").status_code == 200
    assert refusal_of(own.get("/patients/me")) == (401, "INVALID_TOKEN")
    assert refusal_of(ada.get(f"/patients/{ana.id}")) == (404, "NOT_FOUND")
    assert data_of(ada.get("/patients", search="Ana Silva")) == []
    assert refusal_of(ada.delete(f"/patients/{ana.id}")) == (404, "NOT_FOUND")
    session.refresh(held)
    assert (visit.patient_id, held.status) == (ana.id, "CANCELLED")
    assert [entry[0] for entry in entries_about(session, ana.id)] == ["patient.delete"]
    again = program(cast.fay).post("/patients", {"fullName": "Ana Silva", "phone": phone})
    assert again.status_code == 201


def test_a_patient_with_an_appointment_to_come_stays(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    an_appointment(session, clinician=cast.clinician, patient=ana)
    assert refusal_of(program(cast.max).delete(f"/patients/{ana.id}")) == (409, "CONFLICT")
    session.refresh(ana)
    assert ana.deleted_at is None


@pytest.mark.parametrize("name", ["mia", "cora", "fay", "ana"])
def test_only_the_practice_removes_patients(cast: Cast, program: ProgramOf, ana: Patient, name: str) -> None:
    actor: Actor = getattr(cast, name)
    assert refusal_of(program(actor).delete(f"/patients/{ana.id}")) == (403, "FORBIDDEN")


def test_a_clinician_lets_go_of_a_client_whom_the_practice_keeps(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    bo, zoe = program(cast.bo), program(cast.zoe)
    rosa = data_of(bo.post("/patients", ROSA))["id"]
    record = session.get_one(Patient, rosa)
    an_appointment(
        session, clinician=_record_of(session, cast.zoe), patient=record, starts_at=wall("2026-03-10 10:00")
    )
    assert bo.delete(f"/patients/{rosa}").status_code == 200
    assert refusal_of(bo.get(f"/patients/{rosa}")) == (404, "NOT_FOUND")
    assert zoe.get(f"/patients/{rosa}").status_code == 200
    assert program(cast.fay).get(f"/patients/{rosa}").status_code == 200
    assert "patient.unlink" in [entry[0] for entry in entries_about(session, rosa)]


def test_a_clinician_cannot_let_go_of_somebody_they_are_to_see_or_did_not_register(
    session: Session, cast: Cast, program: ProgramOf, ana: Patient
) -> None:
    bo = program(cast.bo)
    rosa = data_of(bo.post("/patients", ROSA))["id"]
    an_appointment(session, clinician=cast.clinician, patient=session.get_one(Patient, rosa))
    assert refusal_of(bo.delete(f"/patients/{rosa}")) == (409, "CONFLICT")
    an_appointment(session, clinician=cast.clinician, patient=ana, starts_at=wall("2026-02-24 10:00"))
    assert refusal_of(bo.delete(f"/patients/{ana.id}")) == (403, "FORBIDDEN")
    assert refusal_of(bo.delete(f"/patients/{cast.stranger.id}")) == (404, "NOT_FOUND")


def test_a_colleague_whose_record_as_a_patient_is_removed_works_on(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    own = a_patient(session, with_account=False, full_name="Bo Larsen")
    own.account_id = cast.clinician.account_id
    session.flush()
    bo = program(account_of(session, cast.clinician))
    assert data_of(bo.get("/patients/me"))["id"] == own.id
    assert program(cast.ada).delete(f"/patients/{own.id}").status_code == 200
    assert refusal_of(bo.get("/patients/me")) == (404, "NOT_FOUND")
    assert bo.get("/patients").status_code == 200


def _record_of(session: Session, actor: Actor) -> Clinician:
    return session.get_one(Clinician, actor.clinician_id)
