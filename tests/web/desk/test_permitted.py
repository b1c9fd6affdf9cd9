"""Who may book for whom, and where. It is Monday 2 March 2026, 9:00 in Leeds."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from tests.factories import (
    a_centre,
    a_clinician,
    account_of,
    an_appointment,
)
from tests.web.desk.conftest import BrowserOf, slot_at, take


def test_clinicians_book_their_own_patients_with_themselves(
    browser_of: BrowserOf, session: Session, riverside: Centre, jane: Clinician
) -> None:
    ruth = a_clinician(session, riverside, full_name="Ruth Vale")
    visit = an_appointment(session, clinician=jane)
    patient = visit.patient
    assert patient is not None
    own = browser_of(account_of(session, jane))
    shown = own.get(f"/desk/bookings/new?patient_id={patient.id}").text
    assert "Dr Jane Smith" in shown
    assert "Ruth Vale" not in shown
    slot = slot_at(session, ruth, "2026-03-05 10:00")
    assert own.post("/desk/bookings/holds", data={"patient_id": patient.id, "slot": slot}).status_code == 403
    take(own, session, patient, slot_at(session, jane, "2026-03-06 10:00"))


def test_a_clinician_does_not_find_the_patients_of_others(
    browser_of: BrowserOf, session: Session, jane: Clinician, ana: Patient
) -> None:
    own = browser_of(account_of(session, jane))
    assert own.get(f"/desk/bookings/new?patient_id={ana.id}").status_code == 404
    assert "Ana Silva" not in own.post("/desk/bookings/patients", data={"search": "silva"}).text


def test_patients_and_visitors_stay_outside(client: FlaskClient, browser_of: BrowserOf) -> None:
    assert client.get("/desk/bookings/new").status_code in {303, 401}
    patient = browser_of(Role.PATIENT)
    assert patient.get("/desk/bookings/new").status_code == 403
    assert patient.post("/desk/bookings/patients", data={"search": "silva"}).status_code == 403


@pytest.mark.parametrize("query", ["patient_id=999999", "patient_id=x", "service_id=999999&patient_id={ana}"])
def test_unknown_ids_are_not_found(fay: FlaskClient, jane: Clinician, ana: Patient, query: str) -> None:
    assert fay.get(f"/desk/bookings/new?{query.format(ana=ana.id)}").status_code == 404


def test_another_centre_is_refused(fay: FlaskClient, session: Session, ana: Patient) -> None:
    other = a_centre(session)
    assert fay.get(f"/desk/bookings/new?patient_id={ana.id}&centre_id={other.id}").status_code == 403


def test_an_administrator_sees_the_times_of_all_centres_with_their_zones(
    browser_of: BrowserOf, session: Session, jane: Clinician, ana: Patient
) -> None:
    boston = a_centre(session, name="Harbour", city="Boston", time_zone="America/New_York", currency="USD")
    a_clinician(session, boston, full_name="Ben Ortiz")
    session.flush()
    shown = browser_of(Role.ADMIN).get(f"/desk/bookings/new?patient_id={ana.id}&on=2026-03-03").text
    assert "New York time (GMT-5)" in shown
    assert "London time (GMT)" in shown
