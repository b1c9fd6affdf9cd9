"""A time booked twice, on purpose. It is Monday 2 March 2026, 9:00 in Leeds."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.audit.models import AuditEntry
from portal.centres.models import Centre
from portal.people.models import Clinician, Patient
from tests.factories import an_appointment, service_of, wall
from tests.web.helpers import errors_in

OVERBOOK = "/desk/bookings/overbookings"


@pytest.fixture
def asked(session: Session, jane: Clinician, ana: Patient, riverside: Centre) -> dict[str, object]:
    """Ana wants to see Jane on Thursday at 10, when somebody else does."""
    an_appointment(session, clinician=jane, starts_at=wall("2026-03-05 10:00"))
    return {
        "patient_id": ana.id,
        "service": service_of(session, jane).id,
        "centre_id": riverside.id,
        "on": "2026-03-05",
        "time": "10:00",
        "reason": "Urgent pain",
    }


def test_cora_books_over_a_taken_time_with_a_reason(
    cora: FlaskClient, session: Session, ana: Patient, asked: dict[str, object]
) -> None:
    shown = cora.get(f"/desk/bookings/new?overbook=1&patient_id={ana.id}&from_on=2026-03-05")
    assert "Overbook this time" in shown.text
    answer = cora.post(OVERBOOK, data=asked)
    assert "Overbooked" in cora.get(answer.headers["Location"]).text
    made = session.scalars(select(Appointment).where(Appointment.patient_id == ana.id)).one()
    assert made.is_overbooked
    assert any("Urgent pain" in change.reason for change in made.history)
    audited = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == made.id)).all()
    assert "appointment.override-rule" in audited


def test_fay_may_not(fay: FlaskClient, ana: Patient, asked: dict[str, object]) -> None:
    assert "Overbook this time" not in fay.get(f"/desk/bookings/new?overbook=1&patient_id={ana.id}").text
    assert fay.post(OVERBOOK, data=asked).status_code == 403


@pytest.mark.parametrize("missing", ["reason", "time", "on", "service"])
def test_what_is_missing_is_asked_for(cora: FlaskClient, asked: dict[str, object], missing: str) -> None:
    answer = cora.post(OVERBOOK, data={**asked, missing: ""})
    assert answer.status_code == 422
    assert f'href="#{missing}"' in errors_in(answer)


def test_a_year_that_nobody_means_is_told_by_the_date(cora: FlaskClient, asked: dict[str, object]) -> None:
    answer = cora.post(OVERBOOK, data={**asked, "on": "9999-12-31"})
    assert answer.status_code == 422
    assert "Enter a date between 1900 and 2199" in errors_in(answer)


def test_nobody_is_in_two_places(
    cora: FlaskClient, session: Session, ana: Patient, asked: dict[str, object]
) -> None:
    an_appointment(session, patient=ana, starts_at=wall("2026-03-05 10:00"))
    answer = cora.post(OVERBOOK, data=asked)
    assert answer.status_code == 409
    assert "The patient already has an appointment at that time" in answer.text
    assert "Urgent pain" in answer.text


def test_for_nobody_nothing_is_booked(cora: FlaskClient, asked: dict[str, object]) -> None:
    assert cora.post(OVERBOOK, data={**asked, "patient_id": ""}).status_code == 404
