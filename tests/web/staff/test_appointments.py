"""The page of an appointment for those who work with it: who may open it, and what it says."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.appointments.slots import SlotKey
from portal.audit.models import AuditEntry
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from tests.conftest import NOW
from tests.factories import (
    a_clinician,
    a_hold,
    account_of,
    an_account,
    an_actor,
    an_appointment,
    an_override,
    wall,
)
from tests.web.helpers import counted, errors_in
from tests.web.staff.conftest import FRIDAY_AT_TEN, BrowserOf, on_duty

EVERYTHING = [
    ("GET", ""), ("POST", "/acceptance"), ("GET", "/refusal"), ("POST", "/refusal"), ("POST", "/arrival"),
    ("POST", "/start"), ("POST", "/completion"), ("POST", "/no-show"), ("POST", "/notes"), ("GET", "/cancellation"),
    ("POST", "/cancellation"), ("GET", "/rescheduling"), ("POST", "/rescheduling"),
    ("POST", "/cancellation-request/refusal"),
]  # fmt: skip


What = tuple[str, str]


def ask(client: FlaskClient, visit: Appointment, what: What) -> TestResponse:
    method, noun = what
    return client.open(address(visit, noun), method=method)


def address(visit: Appointment, noun: str = "") -> str:
    return f"/appointments/{visit.id}{noun}"


def test_the_page_says_who_comes_when_and_how_to_reach_them(janes: FlaskClient, visit: Appointment) -> None:
    with counted() as queries:
        shown = janes.get(address(visit)).text
    assert len(queries) <= 8
    for words in (
        "Ana Silva",
        "Friday 6 March, 10:00",
        "ana@example.org",
        "£60.00",
        "Riverside",
        "Confirmed",
    ):
        assert words in shown
    assert f'href="/patients/{visit.patient_id}"' in shown
    assert 'href="/clinician/day?date=2026-03-06"' in shown


def test_the_desk_is_led_back_to_its_board(fay: FlaskClient, visit: Appointment) -> None:
    shown = fay.get(address(visit)).text
    assert f"/desk/day?date=2026-03-06&amp;centre_id={visit.centre_id}" in shown


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MANAGER, Role.CENTRE_MANAGER, Role.CARE_COORDINATOR])
def test_all_who_work_at_the_centre_may_open_it(
    session: Session, browser_of: BrowserOf, visit: Appointment, role: Role
) -> None:
    centre = visit.centre if role.is_bound_to_centre else None
    assert browser_of(an_account(session, role, centre=centre)).get(address(visit)).status_code == 200


@pytest.mark.parametrize("what", EVERYTHING)
def test_staff_of_another_centre_are_refused(
    zed: FlaskClient, session: Session, browser_of: BrowserOf, visit: Appointment, what: What
) -> None:
    assert ask(zed, visit, what).status_code == 403
    elsewhere = browser_of(an_account(session, Role.CARE_COORDINATOR))
    assert ask(elsewhere, visit, what).status_code == 403


@pytest.mark.parametrize("what", EVERYTHING)
def test_for_another_clinician_it_does_not_exist(
    session: Session, browser_of: BrowserOf, visit: Appointment, what: What
) -> None:
    other = browser_of(account_of(session, a_clinician(session, visit.centre, full_name="Ben Ortiz")))
    assert ask(other, visit, what).status_code == 404


@pytest.mark.parametrize("what", EVERYTHING)
def test_a_clinician_who_is_the_patient_does_not_act_as_staff_upon_themself(
    session: Session, browser_of: BrowserOf, ana: Patient, visit: Appointment, what: What
) -> None:
    """Ben Ortiz, a colleague, is seen by Jane; her notes about him are not for him."""
    ben = a_clinician(session, visit.centre, full_name="Ben Ortiz")
    ana.account_id = ben.account_id
    session.flush()
    assert ask(browser_of(account_of(session, ben)), visit, what).status_code == 404


@pytest.mark.parametrize("what", EVERYTHING)
def test_for_patients_there_is_no_such_page(
    session: Session, browser_of: BrowserOf, ana: Patient, visit: Appointment, what: What
) -> None:
    assert ask(browser_of(account_of(session, ana)), visit, what).status_code == 403


@pytest.mark.parametrize("what", EVERYTHING)
def test_visitors_are_asked_to_sign_in(client: FlaskClient, visit: Appointment, what: What) -> None:
    asked = ask(client, visit, what)
    assert asked.status_code == 303
    assert asked.location.startswith("/staff/sign-in")


def test_a_time_only_held_has_no_page(cora: FlaskClient, session: Session, jane: Clinician) -> None:
    held = a_hold(session, jane)
    session.flush()
    assert cora.get(address(held)).status_code == 404


def test_each_reading_leaves_a_line_in_the_audit(
    fay: FlaskClient, session: Session, visit: Appointment
) -> None:
    fay.get(address(visit))
    fay.get(address(visit))
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "appointment.view")).all()
    assert [(entry.by_name, entry.subject_id, entry.patient_id) for entry in entries] == [
        ("Fay Marsh", visit.id, visit.patient_id)
    ] * 2


def test_what_the_patient_said_is_shown_and_the_notes_only_to_those_who_write_them(
    janes: FlaskClient, fay: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    visit.description = "Sore knee"
    by = an_actor(session, Role.CLINICIAN, clinician=jane)
    commands.edit(
        session,
        visit,
        by=by,
        at=NOW,
        questions="Will it hurt?",
        patient_notes="Wheelchair",
        clinician_notes="Anxious",
    )
    session.flush()
    mine, theirs = janes.get(address(visit)).text, fay.get(address(visit)).text
    for words in ("Sore knee", "Will it hurt?", "Wheelchair"):
        assert words in mine
        assert words in theirs
    assert "Anxious" in mine
    assert "Anxious" not in theirs
    assert "Save notes" not in theirs


def test_notes_and_title_are_kept(janes: FlaskClient, session: Session, visit: Appointment) -> None:
    response = janes.post(
        address(visit, "/notes"), data={"clinician_notes": " Calm him ", "title": "First visit"}
    )
    assert (response.status_code, response.location) == (303, address(visit))
    session.refresh(visit)
    assert (visit.clinician_notes, visit.title) == ("Calm him", "First visit")
    shown = janes.get(address(visit)).text
    assert "Notes saved." in shown
    assert "First visit" in shown
    assert "Notes changed" in shown
    janes.post(address(visit, "/notes"), data={"clinician_notes": "", "title": ""})
    session.refresh(visit)
    assert (visit.clinician_notes, visit.title) == ("", "")


def test_notes_that_are_too_long_come_back_as_typed(
    janes: FlaskClient, session: Session, visit: Appointment
) -> None:
    response = janes.post(address(visit, "/notes"), data={"clinician_notes": "long " * 900, "title": "Kept"})
    assert response.status_code == 422
    assert "Use 4000 characters or fewer" in errors_in(response)
    assert 'value="Kept"' in response.text
    session.refresh(visit)
    assert visit.clinician_notes == ""


def test_the_desk_writes_no_notes(fay: FlaskClient, visit: Appointment) -> None:
    assert fay.post(address(visit, "/notes"), data={"clinician_notes": "x"}).status_code == 403


def test_the_history_says_who_did_what_when(
    fay: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    by = an_actor(session, Role.CLINICIAN, clinician=jane)
    key = replace(SlotKey.of(visit), starts_at=wall("2026-03-05 14:00"))
    commands.reschedule(session, visit, key, by=by, at=NOW, reason="Clinic closes")
    session.flush()
    with on_duty(wall("2026-03-05 13:50")):
        fay.post(address(visit, "/arrival"))
        history = fay.get(address(visit)).text.partition('id="history-title"')[2]
    assert history.index("Booked") < history.index("Moved") < history.index("Arrived")
    assert "to Thursday 5 March, 14:00" in history
    assert "Clinic closes" in history
    assert "Dr Jane Smith" in history
    assert "Fay Marsh" in history


def test_the_viewer_in_another_zone_reads_both_times(fay: FlaskClient, visit: Appointment) -> None:
    fay.set_cookie("tz", "America/New_York")
    shown = fay.get(address(visit)).text
    assert "Friday 6 March, 10:00" in shown
    assert "For you: 05:00, New York time (GMT-5)" in shown


def test_the_page_takes_as_many_queries_however_long_the_history(
    janes: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    by = an_actor(session, Role.CLINICIAN, clinician=jane)
    for minute in range(20):
        commands.edit(session, visit, by=by, at=NOW + timedelta(minutes=minute), clinician_notes=str(minute))
    session.flush()
    with counted() as queries:
        assert janes.get(address(visit)).status_code == 200
    assert len(queries) <= 8


def test_an_overbooked_appointment_says_so(session: Session, cora: FlaskClient, visit: Appointment) -> None:
    by = an_actor(session, Role.CARE_COORDINATOR, centre=visit.centre)
    second = an_appointment(
        session, clinician=visit.clinician, starts_at=FRIDAY_AT_TEN, by=by, override=an_override()
    )
    session.flush()
    assert "Overbooked" in cora.get(address(second)).text
    assert "Overbooked" not in cora.get(address(visit)).text
