"""One person, two hats: a clinician who is a patient of colleagues."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.audit.models import AuditEntry
from portal.people.models import Clinician, Patient
from tests.factories import a_clinician, account_of, an_appointment, slots_of
from tests.web.helpers import signed_in

PAGE = "/account/own-visits"


@pytest.fixture
def jane(session: Session) -> Clinician:
    return a_clinician(session, phone="+447700900771")


@pytest.fixture
def ben(session: Session) -> Clinician:
    return a_clinician(session, full_name="Ben Ortiz")


@pytest.fixture
def janes(app: Flask, session: Session, jane: Clinician) -> FlaskClient:
    return signed_in(app, account_of(session, jane))


@pytest.fixture
def record(session: Session, janes: FlaskClient, jane: Clinician) -> Patient:
    """Jane's record as a patient, opened by herself."""
    assert janes.post(PAGE).location == "/patient/overview"
    return session.scalars(select(Patient).where(Patient.account_id == jane.account_id)).one()


def first_slot(session: Session, clinician: Clinician) -> str:
    return slots_of(session, clinician)[0].id


def booked_by(browser: FlaskClient, slot: str) -> str:
    """Hold a time and confirm it; the page of the appointment."""
    held = browser.post("/holds", data={"slot": slot})
    assert held.location.startswith("/holds/"), held.text
    assert "Nearly done" in browser.get(held.location).text
    done = browser.post(f"{held.location}/confirmation")
    assert done.status_code == 303, done.text
    return done.location.removesuffix("/booked")


def test_the_record_is_opened_when_it_is_first_wanted(
    session: Session, janes: FlaskClient, jane: Clinician
) -> None:
    theirs = select(Patient).where(Patient.account_id == jane.account_id)
    assert "My own visits" in janes.get("/clinician/day").text
    assert "Open my record" in janes.get(PAGE).text
    assert session.scalar(theirs) is None, "looking opens nothing"
    assert janes.get("/patient/appointments").status_code == 403
    for _again in range(2):
        assert janes.post(PAGE).location == "/patient/overview"
    assert session.scalars(theirs).one().full_name == "Jane Smith"
    assert janes.get(PAGE).location == "/patient/overview"
    assert janes.get("/patient/appointments").status_code == 200


def test_who_cannot_be_reached_is_told_what_is_missing(app: Flask, session: Session) -> None:
    account = account_of(session, a_clinician(session, email=None))
    refused = signed_in(app, account).post(PAGE)
    assert refused.status_code == 422
    assert "phone number or an email address first" in refused.text


@pytest.mark.usefixtures("record")
def test_a_clinician_books_a_colleague_as_a_patient_does(
    session: Session, janes: FlaskClient, ben: Clinician
) -> None:
    page = booked_by(janes, first_slot(session, ben))
    assert "Ben Ortiz" in janes.get(page).text
    assert "Ben Ortiz" in janes.get("/patient/appointments").text
    assert janes.post(f"{page}/cancellation", data={"reason": ""}).location == page
    assert "You cancelled it." in janes.get(page).text


@pytest.mark.usefixtures("record")
def test_nobody_books_a_visit_with_themself(session: Session, janes: FlaskClient, jane: Clinician) -> None:
    refused = janes.post("/holds", data={"slot": first_slot(session, jane)})
    assert refused.status_code == 400
    assert "cannot be their own patient" in refused.text


def test_without_a_record_the_way_to_it_comes_first_and_leads_back(
    session: Session, janes: FlaskClient, ben: Clinician
) -> None:
    slot = first_slot(session, ben)
    asked = janes.post("/holds", data={"slot": slot})
    assert asked.location.startswith(f"{PAGE}?next=")
    back = re.search(r'name="next" value="([^"]+)"', janes.get(asked.location).text)
    assert back is not None
    opened = janes.post(PAGE, data={"next": back[1].replace("&amp;", "&")})
    assert opened.location.startswith("/clinicians/")
    assert slot in janes.get(opened.location).text


def test_an_own_visit_is_not_ones_work(
    session: Session, janes: FlaskClient, jane: Clinician, ben: Clinician, record: Patient
) -> None:
    """As a patient one reads one's visit; the tools for staff are for the colleague."""
    page = booked_by(janes, first_slot(session, ben))
    assert janes.get(page).status_code == 200
    assert janes.get(page.removeprefix("/patient")).status_code == 404
    assert janes.get(f"/patients/{record.id}").status_code == 404
    work = an_appointment(session, clinician=jane)
    assert janes.get(f"/appointments/{work.id}").status_code == 200
    assert janes.get(f"/patient/appointments/{work.id}").status_code == 404


@pytest.mark.usefixtures("record")
def test_each_hat_leads_to_the_other(janes: FlaskClient) -> None:
    as_patient = janes.get("/patient/appointments").text
    assert 'href="/clinician/day"' in as_patient
    assert "Working hours" not in as_patient
    assert "Your account" not in as_patient, "it is in the other menu"
    assert 'href="/account/own-visits"' in janes.get("/clinician/day").text


def test_the_details_are_kept_apart_from_the_account(
    session: Session, janes: FlaskClient, jane: Clinician, record: Patient
) -> None:
    assert janes.get("/patient/profile").status_code == 200
    data = {"full_name": "Jane Married", "email": "jane@home.example", "gender": "", "blood_group": ""}
    assert janes.post("/patient/profile", data=data).status_code == 303
    session.refresh(record)
    assert record.full_name == "Jane Married"
    account = account_of(session, jane)
    session.refresh(account)
    assert account.full_name == "Jane Smith"
    by = session.scalars(select(AuditEntry).where(AuditEntry.action == "patient.edit-own")).one()
    assert (by.account_id, by.role) == (jane.account_id, "PATIENT")


@pytest.mark.usefixtures("record")
def test_a_time_taken_as_a_patient_is_no_time_for_patients(
    session: Session, janes: FlaskClient, jane: Clinician, ben: Clinician
) -> None:
    """The colleague's slots leave out what the visitor's own diary as a patient has taken."""
    page = booked_by(janes, first_slot(session, ben))
    visit = session.get_one(Appointment, int(page.rpartition("/")[2]))
    third = a_clinician(session, full_name="Cy Third")
    refused = janes.post(
        "/holds",
        data={
            "slot": next(slot.id for slot in slots_of(session, third) if slot.starts_at == visit.starts_at)
        },
    )
    assert refused.status_code == 409
