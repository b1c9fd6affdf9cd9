"""Who opened Ana's record: every door that staff have is written down, and she reads it in plain words."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.audit.commands import record_view
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.payments.models import Method, Payment, Purpose
from portal.people.models import Patient
from tests.conftest import NOW
from tests.factories import a_delivery, account_of, an_account, an_actor
from tests.web.helpers import counted, signed_in

ACCESS = "/patient/profile/access"


def test_every_door_of_staff_leaves_a_line_that_ana_can_read(
    app: Flask, session: Session, anas: FlaskClient, riverside: Centre, visit: Appointment
) -> None:
    desk = signed_in(app, an_account(session, Role.FRONT_DESK, centre=riverside, full_name="Fay Marsh"))
    doors = (
        f"/patients/{visit.patient_id}",
        f"/patients/{visit.patient_id}/edit",
        f"/patients/{visit.patient_id}/contact-preferences",
        f"/appointments/{visit.id}",
    )
    for number, door in enumerate(doors, 1):
        assert desk.get(door).status_code == 200
        assert anas.get(ACCESS).text.count("Fay Marsh") == number
    shown = anas.get(ACCESS).text
    assert "Front desk at Riverside" in shown
    assert "Read an appointment" in shown
    assert "Monday 2 March, 09:00" in shown


def test_messages_and_payments_are_doors_as_well(
    app: Flask, session: Session, anas: FlaskClient, visit: Appointment
) -> None:
    told = a_delivery(session, visit)
    paid = Payment(
        purpose=Purpose.APPOINTMENT, appointment_id=visit.id, patient_id=visit.patient_id, method=Method.CASH,
        centre_id=visit.centre_id, amount_minor=6000, currency="GBP", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    session.add(paid)
    session.flush()
    admin = signed_in(app, an_account(session, Role.ADMIN, full_name="Ada Byron"))
    assert admin.get(f"/admin/deliveries/{told.id}").status_code == 200
    assert admin.get(f"/staff/payments/{paid.id}").status_code == 200
    shown = anas.get(ACCESS).text
    assert "Read a message" in shown
    assert "Read a payment" in shown


def test_her_own_looks_are_not_listed_nor_those_of_a_clinician_at_themself(
    session: Session, anas: FlaskClient, ana: Patient
) -> None:
    assert "Nobody has opened it so far" in anas.get(ACCESS).text
    by = an_actor(session, Role.PATIENT, patient=ana)
    record_view(session, "patient", ana.id, by=by, patient_id=ana.id, at=NOW)
    session.flush()
    assert "Nobody has opened it so far" in anas.get(ACCESS).text
    assert f'href="{ACCESS}"' in anas.get("/patient/profile").text


def test_a_long_list_comes_in_pages_and_asks_no_more_than_a_short_one(
    session: Session, anas: FlaskClient, ana: Patient
) -> None:
    for _ in range(45):
        by = an_actor(session, Role.ADMIN)
        record_view(session, "patient", ana.id, by=by, patient_id=ana.id, at=NOW)
    session.flush()
    with counted() as queries:
        first = anas.get(ACCESS).text
    assert len(queries) <= 8
    assert "Page 1 of 3" in first
    assert anas.get(f"{ACCESS}?page=3").text.count("Read the record") == 5
    assert anas.get(f"{ACCESS}?page=4").status_code == 404


def test_it_is_nobody_elses_page(app: Flask, session: Session, ana: Patient, client: FlaskClient) -> None:
    assert client.get(ACCESS).location.startswith("/sign-in")
    assert signed_in(app, an_account(session, Role.ADMIN)).get(ACCESS).status_code == 403
    assert account_of(session, ana).id
