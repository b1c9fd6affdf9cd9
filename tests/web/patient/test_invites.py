"""A visit as a file, from the patient's pages."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.core.permissions import Role
from portal.people.models import Patient
from portal.settings import LateCancellation
from tests.calendars.visits import parsed
from tests.conftest import NOW
from tests.factories import an_account, an_actor
from tests.web.helpers import signed_in


def address(visit: Appointment) -> str:
    return f"/patient/appointments/{visit.id}/invite.ics"


def test_ana_adds_her_visit_to_her_calendar(anas: FlaskClient, visit: Appointment) -> None:
    for page in ("", "/booked"):
        assert f'href="{address(visit)}"' in anas.get(f"/patient/appointments/{visit.id}{page}").text
    answer = anas.get(address(visit))
    calendar = parsed(answer.data)
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'inline; filename="appointment.ics"'
    assert calendar["METHOD"] == "PUBLISH"
    assert calendar.events[0].start == visit.starts_at
    assert str(calendar.events[0]["SUMMARY"]) == "Appointment with Dr Jane Smith"
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert anas.get(address(visit), headers=tag).status_code == 304


def test_a_cancelled_visit_is_taken_out_of_it_again(
    session: Session, anas: FlaskClient, ana: Patient, visit: Appointment
) -> None:
    by = an_actor(session, Role.PATIENT, patient=ana)
    before = anas.get(address(visit))
    commands.cancel(session, visit, by=by, at=NOW, late=LateCancellation.NO_REFUND)
    session.flush()
    assert "Remove from calendar" in anas.get(f"/patient/appointments/{visit.id}").text
    after = anas.get(address(visit), headers={"If-None-Match": before.headers["ETag"]})
    calendar = parsed(after.data)
    assert (after.status_code, calendar["METHOD"]) == (200, "CANCEL")
    assert calendar.events[0]["STATUS"] == "CANCELLED"


def test_nobody_elses_visit_exists(
    app: Flask, session: Session, client: FlaskClient, visit: Appointment
) -> None:
    zora = signed_in(app, an_account(session, Role.PATIENT, full_name="Zora Neale"))
    assert zora.get(address(visit)).status_code == 404
    assert client.get(address(visit)).location.startswith("/sign-in")
