"""The patients' home: what is next, what is to pay, what there was."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from tests.conftest import NOW
from tests.factories import an_account, an_appointment, wall
from tests.web.helpers import HTMX, counted, signed_in

HOME = "/patient/overview"


def test_the_next_appointment_stands_first_with_what_can_be_done(
    anas: FlaskClient, visit: Appointment
) -> None:
    shown = anas.get(HOME).text
    for said in (
        "Your next appointment",
        "Friday 6 March, 10:00",
        "Dr Jane Smith",
        "£60.00",
        "Book an appointment",
    ):
        assert said in shown
    for noun in ("", "/invite.ics", "#change", "#paying-title"):
        assert f'href="/patient/appointments/{visit.id}{noun}"' in shown
    assert anas.get("/").status_code == 200
    assert f'href="{HOME}"' in anas.get("/patient/appointments").text


def test_it_takes_no_more_queries_with_more_to_show(
    session: Session, anas: FlaskClient, ana: Patient, jane: Clinician, visit: Appointment
) -> None:
    with counted() as few:
        anas.get(HOME)
    for day in range(9, 14):
        an_appointment(session, clinician=jane, patient=ana, starts_at=wall(f"2026-03-{day:02} 11:00"))
    an_appointment(
        session, clinician=jane, patient=ana, starts_at=NOW - timedelta(days=7), status=Status.COMPLETED
    )
    session.flush()
    with counted() as many:
        shown = anas.get(HOME).text
    assert (len(many), len(many) <= 8) == (len(few), True)
    assert "After that" in shown
    fragment = anas.get(HOME, headers=HTMX).text
    assert "<html" not in fragment


def test_who_has_nothing_yet_reads_what_to_do(app: Flask, session: Session) -> None:
    shown = signed_in(app, an_account(session, Role.PATIENT, full_name="Zora Neale")).get(HOME).text
    assert "No appointments coming up" in shown
    assert "Find a time" in shown
    assert "Recent payments" not in shown


def test_it_is_for_patients(app: Flask, session: Session, client: FlaskClient) -> None:
    assert client.get(HOME).location.startswith("/sign-in")
    assert signed_in(app, an_account(session, Role.FRONT_DESK)).get(HOME).status_code == 403
