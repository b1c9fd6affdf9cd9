"""Staff correct what is known of a patient."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core.permissions import Role
from portal.people.models import Patient
from tests.factories import a_patient
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import errors_in
from tests.web.patients.conftest import BAD, FACTS, actions_about


def test_contact_data_is_corrected_and_the_fields_are_audited(
    fay: FlaskClient, session: Session, ana: Patient
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
    fay: FlaskClient, session: Session, ana: Patient, change: dict[str, str], field: str
) -> None:
    answer = fay.post(f"/patients/{ana.id}/edit", data={**FACTS, **change})
    assert answer.status_code == 422
    assert f'href="#{field}"' in errors_in(answer)
    assert 'value="Max Blum"' in answer.text
    session.refresh(ana)
    assert ana.full_name == "Ana Silva"


def test_a_phone_of_somebody_else_is_refused(fay: FlaskClient, session: Session, ana: Patient) -> None:
    a_patient(session, full_name="Omar Haddad", phone="+447700900222")
    session.flush()
    answer = fay.post(f"/patients/{ana.id}/edit", data={**FACTS, "phone": "07700 900222"})
    assert answer.status_code == 422
    assert "There is already a patient with this phone number" in errors_in(answer)


def test_an_administrator_writes_the_medical_history(
    browser_of: BrowserOf, session: Session, ana: Patient
) -> None:
    admin = browser_of(Role.ADMIN)
    assert "No known allergies" in admin.get(f"/patients/{ana.id}/edit").text
    admin.post(f"/patients/{ana.id}/edit", data={**FACTS, "medical_history": "Allergic to nuts"})
    session.refresh(ana)
    assert ana.medical_history == "Allergic to nuts"


def test_the_front_desk_cannot_slip_in_a_medical_history(
    fay: FlaskClient, session: Session, ana: Patient
) -> None:
    fay.post(f"/patients/{ana.id}/edit", data={**FACTS, "medical_history": "Allergic to nuts"})
    session.refresh(ana)
    assert ana.medical_history == "No known allergies"


def test_an_untouched_medical_history_is_not_audited_as_changed(
    browser_of: BrowserOf, session: Session, ana: Patient
) -> None:
    browser_of(Role.ADMIN).post(
        f"/patients/{ana.id}/edit", data={**FACTS, "medical_history": "No known allergies"}
    )
    detail = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "patient.edit")).one()
    assert "medical_history" not in detail["fields"]


def test_a_medical_history_that_was_not_sent_stays(
    browser_of: BrowserOf, session: Session, ana: Patient
) -> None:
    answer = browser_of(Role.ADMIN).post(f"/patients/{ana.id}/edit", data=FACTS)
    assert answer.status_code == 303
    session.refresh(ana)
    assert ana.medical_history == "No known allergies"
