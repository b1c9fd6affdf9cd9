"""The desk's list of messages that did not arrive."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core.permissions import Role
from portal.notifications.models import Delivery
from portal.people.models import Clinician, Patient
from tests.conftest import NOW
from tests.factories import a_delivery, an_appointment, wall
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import counted

LIST = "/desk/undelivered"


@pytest.fixture
def visit(session: Session, jane: Clinician, ana: Patient) -> Appointment:
    booked = an_appointment(session, clinician=jane, patient=ana, starts_at=wall("2026-03-06 10:00"))
    session.execute(update(Delivery).values(status="SENT"))
    return booked


@pytest.fixture
def lost(session: Session, visit: Appointment) -> Delivery:
    return a_delivery(session, visit, error="provider: 470 secret words", text="clinical words")


def test_the_desk_sees_whom_to_call_about_what_and_why(fay: FlaskClient, lost: Delivery) -> None:
    assert "1 message did not arrive" in fay.get("/desk/day").text
    shown = fay.get(LIST).text
    for words in (
        "Ana Silva",
        'href="tel:+447700900111"',
        "07700 900111",
        "Reminder",
        "Friday 6 March, 10:00",
    ):
        assert words in shown
    assert "WhatsApp did not take it: the number may not exist" in shown
    assert "words" not in shown


def test_send_again_makes_one_message_however_often_it_is_pressed(
    session: Session, fay: FlaskClient, lost: Delivery
) -> None:
    for _ in range(2):
        assert fay.post(f"{LIST}/{lost.id}/repetition").headers["Location"] == LIST
    assert "A colleague has dealt with this message already." in fay.get(LIST).text
    found = select(Delivery).where(Delivery.kind == lost.kind, Delivery.status == "PENDING")
    assert len(session.scalars(found).all()) == 1


def test_whoever_has_told_them_takes_it_off_the_list(fay: FlaskClient, lost: Delivery) -> None:
    after = fay.post(f"{LIST}/{lost.id}/telling", follow_redirects=True).text
    assert "Noted: they have been told." in after
    assert "Nothing waits for you" in after
    assert "did not arrive" not in fay.get("/desk/day").text


def test_what_does_not_even_leave_is_on_the_list_and_is_not_sent_once_they_are_told(
    fay: FlaskClient, session: Session, visit: Appointment
) -> None:
    stuck = a_delivery(session, visit, status="PENDING", reason="", due_at=NOW - timedelta(minutes=16))
    a_delivery(session, visit, status="PENDING", reason="", due_at=NOW - timedelta(minutes=14))
    shown = fay.get("/desk/undelivered").text
    assert shown.count("Messages may not be leaving") == 1
    assert "Send again" not in shown
    fay.post(f"/desk/undelivered/{stuck.id}/repetition")
    session.refresh(stuck)
    assert stuck.status == "PENDING"
    fay.post(f"/desk/undelivered/{stuck.id}/telling")
    session.refresh(stuck)
    assert (stuck.status, stuck.reason) == ("SKIPPED", "TOLD")
    assert "Messages may not be leaving" not in fay.get("/desk/undelivered").text


def test_what_a_process_left_behind_when_it_died_is_on_the_list_too(
    fay: FlaskClient, session: Session, visit: Appointment
) -> None:
    """Its lease ended a quarter of an hour ago, and nobody has taken it up again."""
    left = a_delivery(session, visit, status="SENDING", reason="", due_at=NOW - timedelta(minutes=16))
    assert "Messages may not be leaving" in fay.get("/desk/undelivered").text
    fay.post(f"/desk/undelivered/{left.id}/telling")
    session.refresh(left)
    assert (left.status, left.reason) == ("SKIPPED", "TOLD")


def test_other_centres_and_other_roles_have_nothing_to_do_with_it(
    browser_of: BrowserOf, session: Session, jane: Clinician, ana: Patient, lost: Delivery
) -> None:
    zed = browser_of(Role.FRONT_DESK)
    assert "Ana Silva" not in zed.get(LIST).text
    assert zed.post(f"{LIST}/{lost.id}/telling").status_code == 403
    assert zed.post(f"{LIST}/999999/telling").status_code == 404
    for role in (Role.CLINICIAN, Role.PATIENT):
        assert browser_of(role).get(LIST).status_code == 403
        assert browser_of(role).post(f"{LIST}/{lost.id}/repetition").status_code == 403
    session.refresh(lost)
    assert lost.handled_at is None


def test_the_list_asks_the_database_little_however_long_it_is(
    session: Session, fay: FlaskClient, visit: Appointment
) -> None:
    for _ in range(15):
        a_delivery(session, visit)
    a_delivery(session, visit, patient_id=None, account_id=visit.clinician.account_id)
    with counted() as queries:
        assert fay.get(LIST).text.count("I have told them") == 16
    assert len(queries) <= 8
