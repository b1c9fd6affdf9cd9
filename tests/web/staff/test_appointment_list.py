"""Appointments as a list, for those who work with them at the desk and above."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.core.permissions import Role
from portal.people.models import Clinician
from tests.factories import a_clinician, a_patient, an_account, an_appointment, wall
from tests.web.helpers import HTMX, counted
from tests.web.staff.conftest import BrowserOf


def listed(browser: FlaskClient, asked: str = "") -> str:
    return browser.get(f"/staff/appointments{asked}", headers=HTMX).text


def test_fay_sees_what_comes_and_finds_what_was(
    fay: FlaskClient, session: Session, visit: Appointment
) -> None:
    been = an_appointment(
        session, clinician=visit.clinician, patient=a_patient(session, full_name="Sam Patel"),
        starts_at=wall("2026-02-27 10:00"), status=Status.COMPLETED,
    )  # fmt: skip
    shown = listed(fay)
    assert "1 appointment<" in shown
    assert f'href="/appointments/{visit.id}">Fri 6 Mar, 10:00' in shown
    assert 'name="start_date" value="2026-03-02"' in fay.get("/staff/appointments").text
    for asked in ("?start_date=2026-02-27&end_date=2026-02-27", "?status=COMPLETED", "?end_date=2026-03-01"):
        found = listed(fay, asked)
        assert f"/appointments/{been.id}" in found, asked
        assert f"/appointments/{visit.id}" not in found, asked
    assert "No appointments" in listed(fay, "?status=NO_SHOW")


def test_a_date_that_makes_no_sense_comes_back_with_an_error(fay: FlaskClient) -> None:
    answer = fay.get("/staff/appointments?start_date=soon&clinician_id=x&status=x&centre_id=-1")
    assert answer.status_code == 422
    assert 'value="soon"' in answer.text
    assert fay.get("/staff/appointments?page=7").status_code == 404


def test_another_centre_sees_none_of_it_and_clinicians_and_patients_have_their_own(
    zed: FlaskClient, session: Session, browser_of: BrowserOf, visit: Appointment, jane: Clinician
) -> None:
    assert f"/appointments/{visit.id}" not in listed(zed)
    assert f"/appointments/{visit.id}" not in listed(
        zed, f"?clinician_id={jane.id}&centre_id={visit.centre_id}"
    )
    assert browser_of(jane.account).get("/staff/appointments").status_code == 403
    assert browser_of(an_account(session, Role.PATIENT)).get("/staff/appointments").status_code == 403


def test_the_list_costs_the_same_however_long_it_is(
    fay: FlaskClient, session: Session, visit: Appointment
) -> None:
    fay.get("/staff/appointments")
    with counted() as few:
        fay.get("/staff/appointments")
    assert visit.centre is not None
    for _ in range(4):
        other = a_clinician(session, visit.centre)
        an_appointment(session, clinician=other, patient=a_patient(session))
    session.flush()
    with counted() as many:
        assert "5 appointments<" in fay.get("/staff/appointments").text
    assert len(many) == len(few) <= 8
