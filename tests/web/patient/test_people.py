"""Ana books for her daughter Maya: added, booked for, seen, moved away from; and nobody else's people are in reach."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Occupancy, Status
from portal.core.permissions import SYSTEM
from portal.notifications.models import Delivery
from portal.people import caring
from portal.people.acting import actor_for
from portal.people.care_models import Care
from portal.people.models import Clinician, Patient
from tests.conftest import NOW
from tests.factories import a_patient, account_of, an_appointment, slots_of, wall
from tests.web.helpers import counted, errors_in, signed_in

PEOPLE = "/patient/profile/people"


def dependant_of(session: Session, carer: Patient, name: str = "Maya Silva") -> Patient:
    by = actor_for(session, account_of(session, carer))
    return caring.add_dependant(session, carer, by=by, relation="CHILD", full_name=name, at=NOW)


@pytest.fixture
def maya(session: Session, ana: Patient) -> Patient:
    return dependant_of(session, ana)


@pytest.fixture
def hers(session: Session, jane: Clinician, ana: Patient, maya: Patient) -> Appointment:
    by = actor_for(session, account_of(session, ana))
    return an_appointment(session, clinician=jane, patient=maya, by=by, starts_at=wall("2026-03-12 10:00"))


@pytest.fixture
def zoras(app: Flask, session: Session) -> FlaskClient:
    """Somebody who looks after nobody here."""
    stranger = a_patient(session, full_name="Zora Neale")
    session.flush()
    return signed_in(app, account_of(session, stranger))


def test_a_child_is_added_without_a_phone_and_once(anas: FlaskClient, session: Session, ana: Patient) -> None:
    answer = anas.post(f"{PEOPLE}/new", data={"full_name": "Maya Silva", "relation": "CHILD"})
    assert (answer.status_code, answer.location) == (303, PEOPLE)
    maya = session.scalars(select(Patient).where(Patient.full_name == "Maya Silva")).one()
    assert (maya.phone, maya.email, maya.is_dependant, maya.account_id) == (None, None, True, None)
    again = anas.post(f"{PEOPLE}/new", data={"full_name": "Maya Silva", "relation": "CHILD"})
    assert again.status_code == 422
    assert "in the list already" in errors_in(again)
    with counted() as queries:
        assert "Maya Silva" in anas.get(PEOPLE).text
    assert len(queries) <= 8


def test_a_held_time_is_booked_for_the_child_and_takes_only_her_time(
    anas: FlaskClient, session: Session, ana: Patient, maya: Patient, jane: Clinician
) -> None:
    slot = slots_of(session, jane)[0]
    an_appointment(session, patient=ana, starts_at=slot.starts_at)  # Ana herself is busy then
    held = anas.post("/holds", data={"slot": slot.id})
    page = anas.get(held.location)
    assert "Who is this appointment for?" in page.text
    confirm = held.location + "/confirmation"
    busy = anas.post(confirm, data={"patient_id": ana.id})
    assert busy.status_code == 422
    assert "another appointment" in errors_in(busy)
    assert anas.post(confirm, data={"patient_id": 10**9}).status_code == 422
    data = {"patient_id": maya.id, "description": "A cough", "questions": "May she swim?"}
    booked = anas.post(confirm, data=data)
    assert booked.status_code == 303
    visit = session.scalars(select(Appointment).where(Appointment.patient_id == maya.id)).one()
    assert (visit.status, visit.description, visit.questions) == (
        Status.CONFIRMED,
        "A cough",
        "May she swim?",
    )
    taken = session.scalars(select(Occupancy.resource_id).where(Occupancy.appointment_id == visit.id)).all()
    assert set(taken) == {jane.resource_id, maya.resource_id}
    assert "Maya Silva" in anas.get(booked.location).text
    assert "For Maya Silva" in anas.get("/patient/appointments").text


def test_news_of_her_visit_come_to_her_mother(session: Session, ana: Patient, hers: Appointment) -> None:
    told = session.scalars(select(Delivery).where(Delivery.appointment_id == hers.id)).all()
    assert {(one.patient_id, one.recipient) for one in told if one.account_id is None} == {
        (ana.id, ana.phone)
    }


def test_her_visit_is_read_noted_and_cancelled_by_her_mother(
    anas: FlaskClient, session: Session, hers: Appointment
) -> None:
    at = f"/patient/appointments/{hers.id}"
    for page in (at, f"{at}/notes", f"{at}/invite.ics", f"{at}/rescheduling", f"{at}/cancellation"):
        assert anas.get(page).status_code == 200, page
    assert anas.post(f"{at}/notes", data={"questions": "Does it hurt?"}).status_code == 303
    assert anas.post(f"{at}/cancellation", data={}).status_code == 303
    session.refresh(hers)
    assert (hers.questions, hers.status) == ("Does it hurt?", Status.CANCELLED)


def test_nobody_reaches_another_persons_people(
    zoras: FlaskClient, session: Session, maya: Patient, hers: Appointment, jane: Clinician
) -> None:
    at = f"/patient/appointments/{hers.id}"
    theirs = (f"{PEOPLE}/{maya.id}", f"{PEOPLE}/{maya.id}/removal")
    pages = (at, f"{at}/notes", f"{at}/invite.ics", f"{at}/rescheduling", f"{at}/cancellation", *theirs)
    for page in pages:
        assert zoras.get(page).status_code == 404, page
        if not page.endswith(".ics") and page != at:
            assert zoras.post(page, data={}).status_code == 404, page
    assert zoras.post(f"{PEOPLE}/carers/{maya.id}/allowance").status_code == 404
    held = zoras.post("/holds", data={"slot": slots_of(session, jane)[0].id})
    zoras.post(held.location + "/confirmation", data={"patient_id": maya.id})
    assert session.scalars(select(Appointment).where(Appointment.patient_id == maya.id)).all() == [hers]


def test_she_is_not_let_go_while_a_visit_is_to_come(
    anas: FlaskClient, session: Session, maya: Patient, hers: Appointment
) -> None:
    removal = f"{PEOPLE}/{maya.id}/removal"
    refused = anas.post(removal)
    assert refused.status_code == 409
    assert "has appointments to come" in refused.text
    anas.post(f"/patient/appointments/{hers.id}/cancellation", data={})
    assert anas.post(removal).status_code == 303
    assert session.scalar(select(Care)) is None
    session.refresh(maya)
    assert maya.deleted_at is None  # what was written down stays
    assert anas.get(f"/patient/appointments/{hers.id}").status_code == 404


def test_somebody_added_by_mistake_is_gone_again(anas: FlaskClient, session: Session, maya: Patient) -> None:
    assert anas.post(f"{PEOPLE}/{maya.id}/removal").status_code == 303
    session.refresh(maya)
    assert maya.deleted_at is not None


def test_who_signs_in_for_the_first_time_says_who_may_see_them(
    app: Flask, anas: FlaskClient, session: Session, maya: Patient, hers: Appointment
) -> None:
    (care,) = caring.carers_of(session, maya)
    maya.phone = "+447700900777"  # which the desk has noted, and she proves to hold
    session.flush()
    account = account_of(session, maya)
    assert anas.get(f"/patient/appointments/{hers.id}").status_code == 404
    mayas = signed_in(app, account)
    assert "Used to book for you" in mayas.get(PEOPLE).text
    assert mayas.post(f"{PEOPLE}/carers/{care.carer_id}/allowance").status_code == 303
    assert anas.get(f"/patient/appointments/{hers.id}").status_code == 200
    assert mayas.post(f"{PEOPLE}/carers/{care.carer_id}/end").status_code == 303
    assert anas.get(f"/patient/appointments/{hers.id}").status_code == 404


def test_staff_link_one_patient_to_another_who_is_asked_where_they_sign_in(
    session: Session, ana: Patient, maya: Patient
) -> None:
    omar, grown = a_patient(session, full_name="Omar Silva"), a_patient(session, full_name="Rosa Blum")
    assert caring.link(session, omar, maya, by=SYSTEM, relation="CHILD", at=NOW).paused_at is None
    assert caring.link(session, omar, grown, by=SYSTEM, relation="PARENT", at=NOW).paused_at == NOW
    assert actor_for(session, account_of(session, omar)).patient_ids == {omar.id, maya.id}
