"""Staff and the records of patients: who finds, reads, registers and corrects whom, and what is written down about it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.people.models import Patient
from tests.factories import a_clinician, a_patient, account_of, an_appointment
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import HTMX, counted, errors_in

FACTS = {
    "full_name": "Rosa Blum",
    "phone": "07700 900999",
    "email": "rosa@example.org",
    "date_of_birth": "1980-06-04",
    "gender": "FEMALE",
    "blood_group": "A+",
    "emergency_contact_name": "Max Blum",
    "emergency_contact_phone": "07700 900998",
}
BAD = [
    ({"full_name": ""}, "full_name"),
    ({"phone": "12"}, "phone"),
    ({"phone": "", "email": ""}, "phone"),
    ({"email": "rosa"}, "email"),
    ({"date_of_birth": "2999-01-01"}, "date_of_birth"),
    ({"gender": "X"}, "gender"),
    ({"blood_group": "C"}, "blood_group"),
    ({"emergency_contact_phone": "1"}, "emergency_contact_phone"),
]


@pytest.fixture
def ana(session: Session) -> Patient:
    patient = a_patient(session, full_name="Ana Silva", phone="+447700900111")
    patient.medical_history = "No known allergies"
    session.flush()
    return patient


def actions_about(session: Session, patient: Patient) -> list[str]:
    entries = select(AuditEntry.action).where(AuditEntry.patient_id == patient.id).order_by(AuditEntry.id)
    return [action for action in session.scalars(entries) if action != "patient.create"]


class TestFinding:
    def test_all_patients_stand_in_a_list_by_name(self, fay: FlaskClient, session: Session, ana: Patient) -> None:
        for number in range(22):
            a_patient(session, full_name=f"Zoe {chr(65 + number)}")
        session.flush()
        first = fay.get("/patients").text
        assert "23 patients" in first
        assert "Page 1 of 2" in first
        assert "Zoe V" in fay.post("/patients", data={"search": "", "page": "2"}).text

    @pytest.mark.parametrize("typed", ["silv", "ANA", "900111", "07700 900 111"])
    def test_part_of_a_name_or_phone_finds_her(
        self, fay: FlaskClient, session: Session, ana: Patient, typed: str
    ) -> None:
        a_patient(session, full_name="Omar Haddad", phone="+447700900222")
        session.flush()
        shown = fay.post("/patients", data={"search": typed}).text
        assert "Ana Silva" in shown
        assert "Omar Haddad" not in shown

    def test_typing_answers_with_the_list_alone(self, fay: FlaskClient, ana: Patient) -> None:
        piece = fay.post("/patients", data={"search": "silva"}, headers=HTMX)
        assert piece.text.startswith('<div class="stack" id="patients">')

    def test_nobody_found_is_said(self, fay: FlaskClient) -> None:
        assert "Nobody found" in fay.post("/patients", data={"search": "nobody"}).text

    def test_clinicians_find_whom_they_treat(
        self, browser_of: BrowserOf, session: Session, riverside: Centre, ana: Patient
    ) -> None:
        jane = a_clinician(session, riverside)
        an_appointment(session, clinician=jane, patient=a_patient(session, full_name="Omar Haddad"))
        shown = browser_of(account_of(session, jane)).get("/patients").text
        assert "Omar Haddad" in shown
        assert "Ana Silva" not in shown

    def test_patients_and_visitors_stay_outside(self, client: FlaskClient, browser_of: BrowserOf) -> None:
        assert client.get("/patients").status_code in {303, 401}
        assert browser_of(Role.PATIENT).get("/patients").status_code == 403

    def test_a_page_that_is_none_is_not_found(self, fay: FlaskClient) -> None:
        assert fay.get("/patients?page=0").status_code == 404


class TestReading:
    def test_each_look_at_a_record_is_written_down(self, fay: FlaskClient, session: Session, ana: Patient) -> None:
        assert fay.get(f"/patients/{ana.id}").status_code == 200
        assert fay.get(f"/patients/{ana.id}").status_code == 200
        assert actions_about(session, ana) == ["patient.view", "patient.view"]

    def test_the_medical_history_is_for_clinicians_and_administrators(
        self, fay: FlaskClient, browser_of: BrowserOf, session: Session, riverside: Centre, ana: Patient
    ) -> None:
        jane = a_clinician(session, riverside)
        an_appointment(session, clinician=jane, patient=ana)
        own = browser_of(account_of(session, jane))
        assert "No known allergies" in own.get(f"/patients/{ana.id}").text
        assert "No known allergies" in browser_of(Role.ADMIN).get(f"/patients/{ana.id}").text
        assert "No known allergies" not in fay.get(f"/patients/{ana.id}").text
        assert "No known allergies" not in browser_of(Role.MANAGER).get(f"/patients/{ana.id}").text

    def test_who_looked_is_for_administrators_and_managers(
        self, fay: FlaskClient, browser_of: BrowserOf, ana: Patient
    ) -> None:
        assert "Who looked at this record" not in fay.get(f"/patients/{ana.id}").text
        assert "Fay Marsh" in browser_of(Role.MANAGER).get(f"/patients/{ana.id}").text.partition("Who looked")[2]

    def test_only_appointments_within_reach_are_shown(
        self, fay: FlaskClient, session: Session, riverside: Centre, ana: Patient
    ) -> None:
        here = an_appointment(session, patient=ana, clinician=a_clinician(session, riverside))
        elsewhere = an_appointment(session, patient=ana, clinician=a_clinician(session, hours="Thu 9-17"))
        shown = fay.get(f"/patients/{ana.id}").text
        assert f"/appointments/{here.id}" in shown
        assert f"/appointments/{elsewhere.id}" not in shown

    def test_a_stranger_to_the_clinician_does_not_exist(
        self, browser_of: BrowserOf, session: Session, riverside: Centre, ana: Patient
    ) -> None:
        own = browser_of(account_of(session, a_clinician(session, riverside)))
        assert own.get(f"/patients/{ana.id}").status_code == 404
        assert own.get(f"/patients/{ana.id}/edit").status_code == 404
        assert own.post(f"/patients/{ana.id}/edit", data=FACTS).status_code == 404
        assert actions_about(session, ana) == []

    def test_an_unknown_record_is_not_found(self, fay: FlaskClient) -> None:
        assert fay.get("/patients/999999").status_code == 404
        assert fay.get("/patients/999999/edit").status_code == 404

    def test_a_record_costs_a_fixed_number_of_queries(
        self, browser_of: BrowserOf, session: Session, riverside: Centre, ana: Patient
    ) -> None:
        jane = a_clinician(session, riverside)
        for _ in range(5):
            an_appointment(session, clinician=jane, patient=ana)
        manager = browser_of(Role.MANAGER)
        with counted() as queries:
            assert manager.get(f"/patients/{ana.id}").status_code == 200
        assert len(queries) <= 8


class TestRegistering:
    def test_a_patient_is_registered_with_all_that_is_known(self, fay: FlaskClient, session: Session) -> None:
        answer = fay.post("/patients/new", data={**FACTS, "lead_source": "Referral"})
        made = session.scalars(select(Patient).where(Patient.phone == "+447700900999")).one()
        assert answer.headers["Location"] == f"/patients/{made.id}"
        assert (made.full_name, made.gender, made.blood_group) == ("Rosa Blum", "FEMALE", "A+")
        assert (made.email, made.lead_source) == ("rosa@example.org", "Referral")
        assert made.emergency_contact_phone == "+447700900998"

    @pytest.mark.parametrize(("change", "field"), BAD)
    def test_what_cannot_be_used_comes_back_with_words(
        self, fay: FlaskClient, change: dict[str, str], field: str
    ) -> None:
        answer = fay.post("/patients/new", data={**FACTS, **change})
        assert answer.status_code == 422
        assert f'href="#{field}"' in errors_in(answer)
        assert 'value="Max Blum"' in answer.text

    def test_the_same_phone_is_not_registered_twice(self, fay: FlaskClient, ana: Patient) -> None:
        answer = fay.post("/patients/new", data={**FACTS, "phone": "07700 900111", "despite_duplicates": "1"})
        assert answer.status_code == 409
        assert f'href="/patients/{ana.id}"' in answer.text
        assert "You typed “Rosa Blum”" in answer.text
        assert "No, a new person" not in answer.text

    def test_the_same_name_is_asked_about(self, fay: FlaskClient, ana: Patient) -> None:
        data = {**FACTS, "full_name": "ana silva"}
        answer = fay.post("/patients/new", data=data)
        assert answer.status_code == 409
        assert f'href="/patients/{ana.id}"' in answer.text
        assert fay.post("/patients/new", data={**data, "despite_duplicates": "1"}).status_code == 303

    def test_a_clinician_registers_and_then_sees_their_patient(
        self, browser_of: BrowserOf, session: Session, riverside: Centre
    ) -> None:
        own = browser_of(account_of(session, a_clinician(session, riverside)))
        made = own.post("/patients/new", data=FACTS)
        assert own.get(made.headers["Location"]).status_code == 200


class TestCorrecting:
    def test_contact_data_is_corrected_and_the_fields_are_audited(
        self, fay: FlaskClient, session: Session, ana: Patient
    ) -> None:
        assert "No known allergies" not in fay.get(f"/patients/{ana.id}/edit").text
        answer = fay.post(f"/patients/{ana.id}/edit", data=FACTS)
        assert answer.status_code == 303
        session.refresh(ana)
        assert ana.full_name == "Rosa Blum"
        assert ana.medical_history == "No known allergies"
        assert actions_about(session, ana) == ["patient.view", "patient.edit"]

    @pytest.mark.parametrize(("change", "field"), BAD)
    def test_what_cannot_be_used_comes_back_with_words(
        self, fay: FlaskClient, session: Session, ana: Patient, change: dict[str, str], field: str
    ) -> None:
        answer = fay.post(f"/patients/{ana.id}/edit", data={**FACTS, **change})
        assert answer.status_code == 422
        assert f'href="#{field}"' in errors_in(answer)
        assert 'value="Max Blum"' in answer.text
        session.refresh(ana)
        assert ana.full_name == "Ana Silva"

    def test_a_phone_of_somebody_else_is_refused(self, fay: FlaskClient, session: Session, ana: Patient) -> None:
        a_patient(session, full_name="Omar Haddad", phone="+447700900222")
        session.flush()
        answer = fay.post(f"/patients/{ana.id}/edit", data={**FACTS, "phone": "07700 900222"})
        assert answer.status_code == 422
        assert "There is already a patient with this phone number" in errors_in(answer)

    def test_an_administrator_writes_the_medical_history(
        self, browser_of: BrowserOf, session: Session, ana: Patient
    ) -> None:
        admin = browser_of(Role.ADMIN)
        assert "No known allergies" in admin.get(f"/patients/{ana.id}/edit").text
        admin.post(f"/patients/{ana.id}/edit", data={**FACTS, "medical_history": "Allergic to nuts"})
        session.refresh(ana)
        assert ana.medical_history == "Allergic to nuts"

    def test_the_front_desk_cannot_slip_in_a_medical_history(
        self, fay: FlaskClient, session: Session, ana: Patient
    ) -> None:
        fay.post(f"/patients/{ana.id}/edit", data={**FACTS, "medical_history": "Allergic to nuts"})
        session.refresh(ana)
        assert ana.medical_history == "No known allergies"

    def test_an_untouched_medical_history_is_not_audited_as_changed(
        self, browser_of: BrowserOf, session: Session, ana: Patient
    ) -> None:
        browser_of(Role.ADMIN).post(
            f"/patients/{ana.id}/edit", data={**FACTS, "medical_history": "No known allergies"}
        )
        detail = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "patient.edit")).one()
        assert "medical_history" not in detail["fields"]
