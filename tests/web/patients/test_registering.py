"""Staff register patients, each once."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.centres.models import Centre
from portal.people.models import Patient
from tests.factories import a_clinician, account_of
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import errors_in
from tests.web.patients.conftest import BAD, FACTS


def test_a_patient_is_registered_with_all_that_is_known(fay: FlaskClient, session: Session) -> None:
    answer = fay.post("/patients/new", data={**FACTS, "lead_source": "Referral"})
    made = session.scalars(select(Patient).where(Patient.phone == "+447700900999")).one()
    assert answer.headers["Location"] == f"/patients/{made.id}"
    assert (made.full_name, made.gender, made.blood_group) == ("Rosa Blum", "FEMALE", "A+")
    assert (made.email, made.lead_source) == ("rosa@example.org", "Referral")
    assert made.emergency_contact_phone == "+447700900998"


@pytest.mark.parametrize(("change", "field"), BAD)
def test_what_cannot_be_used_comes_back_with_words(
    fay: FlaskClient, change: dict[str, str], field: str
) -> None:
    answer = fay.post("/patients/new", data={**FACTS, **change})
    assert answer.status_code == 422
    assert f'href="#{field}"' in errors_in(answer)
    assert 'value="Max Blum"' in answer.text


def test_the_same_phone_is_not_registered_twice(fay: FlaskClient, ana: Patient) -> None:
    answer = fay.post("/patients/new", data={**FACTS, "phone": "07700 900111", "alike": "new"})
    assert answer.status_code == 409
    assert f'href="/patients/{ana.id}"' in answer.text
    assert "You typed “Rosa Blum”" in answer.text
    assert "No, a new person" not in answer.text


def test_the_same_name_is_asked_about_and_why_it_is_somebody_else_is_kept(
    fay: FlaskClient, session: Session, ana: Patient
) -> None:
    data = {**FACTS, "full_name": "ana silva"}
    answer = fay.post("/patients/new", data=data)
    assert answer.status_code == 409
    assert f'href="/patients/{ana.id}"' in answer.text
    unsaid = fay.post("/patients/new", data={**data, "alike": "new"})
    assert unsaid.status_code == 422
    assert f'href="/patients/{ana.id}"' in unsaid.text
    assert 'href="#why_new">Say how you know that it is somebody else.' in errors_in(unsaid)
    said = {**data, "alike": "new", "why_new": "Born in another year"}
    assert fay.post("/patients/new", data=said).status_code == 303
    kept = select(AuditEntry.detail).where(AuditEntry.action == "patient.override-duplicate")
    assert session.scalars(kept).all() == [{"reason": "Born in another year"}]


def test_a_clinician_registers_and_then_sees_their_patient(
    browser_of: BrowserOf, session: Session, riverside: Centre
) -> None:
    own = browser_of(account_of(session, a_clinician(session, riverside)))
    made = own.post("/patients/new", data=FACTS)
    assert own.get(made.headers["Location"]).status_code == 200


def test_a_form_without_an_emergency_contact_registers_all_the_same(
    fay: FlaskClient, session: Session
) -> None:
    asked = {name: value for name, value in FACTS.items() if not name.startswith("emergency_contact")}
    assert fay.post("/patients/new", data=asked).status_code == 303
    made = session.scalars(select(Patient).where(Patient.phone == "+447700900999")).one()
    assert (made.emergency_contact_name, made.emergency_contact_phone) == ("", None)
