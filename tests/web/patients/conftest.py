"""The people of the desk's tests, and Ana, who has a medical history."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.people.models import Patient
from tests.factories import a_patient
from tests.web.desk.conftest import browser_of, cora, fay, riverside

__all__ = ["ana", "browser_of", "cora", "fay", "riverside"]

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
