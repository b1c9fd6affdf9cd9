"""The desk keeps the waiting list of its centre."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core.permissions import Role
from portal.waiting_list import commands, queries
from tests.conftest import NOW
from tests.factories import a_patient, an_actor, an_appointment, wall
from tests.web.helpers import counted, errors_in


def wait(session: Session, visit: Appointment) -> int:
    by = an_actor(session, Role.PATIENT, patient=visit.patient)
    return commands.join_for_earlier(session, visit, commands.When(), by=by, at=NOW).id


def test_fay_adds_a_caller_sees_them_and_ends_it(
    fay: FlaskClient, session: Session, visit: Appointment
) -> None:
    address = f"/staff/appointments/{visit.id}/earlier"
    assert address in fay.get(f"/appointments/{visit.id}").text
    assert "Choose at least one time of day." in errors_in(fay.post(address, data={"weekdays": "1"}))
    assert fay.post(address, data={"weekdays": "1", "parts": "MORNING"}).status_code == 303
    shown = fay.get("/staff/waiting-list").text
    assert "Ana Silva" in shown
    assert "Monday; mornings" in shown
    assert "They are on the waiting list" in fay.get(address).text
    entry = queries.entry_of(session, visit)
    assert entry is not None
    asked = fay.get(f"/staff/waiting-list/{entry.id}/end").text
    assert "Shall Ana Silva no longer wait?" in asked
    assert "Their appointment on Friday 6 March, 10:00 stays as it is." in asked
    assert fay.post(f"/staff/waiting-list/{entry.id}/end").status_code == 303
    assert "Nobody waits" in fay.get("/staff/waiting-list").text


def test_another_centre_sees_and_ends_nothing(zed: FlaskClient, session: Session, visit: Appointment) -> None:
    entry_id = wait(session, visit)
    assert "Ana Silva" not in zed.get("/staff/waiting-list").text
    assert zed.post(f"/staff/waiting-list/{entry_id}/end").status_code == 403
    assert zed.get(f"/staff/appointments/{visit.id}/earlier").status_code == 403


def test_the_list_costs_the_same_however_many_wait(
    fay: FlaskClient, session: Session, visit: Appointment
) -> None:
    wait(session, visit)
    fay.get("/staff/waiting-list")
    with counted() as few:
        fay.get("/staff/waiting-list")
    for number in range(5):
        start = wall("2026-03-10 10:00") + timedelta(days=number % 3, hours=number)
        other = an_appointment(
            session, clinician=visit.clinician, patient=a_patient(session), starts_at=start
        )
        wait(session, other)
    with counted() as many:
        fay.get("/staff/waiting-list")
    assert len(many) <= len(few) <= 8
