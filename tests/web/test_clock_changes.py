"""Whoever books for a day on which the clocks change reads the same time of day on every page, and comes in time."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment
from portal.core import clock
from portal.core.permissions import Role
from portal.notifications.composing import preview
from portal.notifications.models import Delivery
from tests.factories import (
    a_centre,
    a_clinician,
    a_patient,
    account_of,
    an_account,
    an_appointment,
    slots_of,
    wall,
)
from tests.web.helpers import signed_in

DAYS = [
    ("Europe/London", "2026-03-29", "GMT+1"),
    ("Europe/London", "2026-10-25", "GMT"),
    ("America/New_York", "2026-11-01", "GMT-5"),
    ("Australia/Lord_Howe", "2026-04-05", "GMT+10:30"),
    ("Africa/Casablanca", "2026-03-22", "GMT+1"),
    ("Asia/Kolkata", "2026-03-29", "GMT+5:30"),
]


@pytest.mark.parametrize(("zone", "day", "offset"), DAYS)
def test_a_booked_time_reads_the_same_everywhere(
    app: Flask, session: Session, zone: str, day: str, offset: str
) -> None:
    starts_at = wall(f"{day} 10:00", zone)
    with clock.travel_to(starts_at - timedelta(days=3)):
        centre = a_centre(session, time_zone=zone)
        clinician = a_clinician(session, centre, hours="Mon-Sun 9-17")
        patient = a_patient(session)
        at = clock.now()
        assert starts_at in {slot.starts_at for slot in slots_of(session, clinician, at=at)}
        visit = an_appointment(session, clinician=clinician, patient=patient, starts_at=starts_at, at=at)
        session.flush()
        ana, jane = account_of(session, patient), session.get_one(Account, clinician.account_id)
        one = signed_in(app, ana).get(f"/patient/appointments/{visit.id}").text
        mine = signed_in(app, ana).get("/patient/appointments").text
        today = signed_in(app, jane).get(f"/clinician/day?date={day}").text
        message = message_about(session, visit)
    assert "10:00" in one
    assert f"({offset})" in one
    assert "10:00" in mine
    assert "10:00" in today
    assert "10:00" in message
    assert clock.local(visit.starts_at, centre.zone) == datetime.fromisoformat(f"{day}T10:00").replace(
        tzinfo=centre.zone
    )


def test_a_time_that_comes_twice_is_told_apart_on_every_page_and_in_the_message(
    app: Flask, session: Session
) -> None:
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    with clock.travel_to(first - timedelta(days=3)):
        centre = a_centre(session)
        clinician = a_clinician(session, centre, hours="Mon-Sun 0-4", minutes=30)
        patient = a_patient(session)
        visit = an_appointment(session, clinician=clinician, patient=patient, starts_at=first, at=clock.now())
        later = an_appointment(
            session, clinician=clinician, patient=patient, starts_at=second, at=clock.now()
        )
        desk = an_account(session, Role.FRONT_DESK, centre=centre)
        free = an_account(session, Role.PATIENT)
        session.flush()
        browser = signed_in(app, free)
        offered = browser.get(f"/clinicians/{clinician.id}?day=2026-10-25").text
        mine = signed_in(app, account_of(session, patient)).get(f"/patient/appointments/{visit.id}").text
        board = signed_in(app, desk).get("/desk/day?date=2026-10-25").text
        texts = {one.id: message_about(session, one) for one in (visit, later)}
    assert ">01:00 (GMT+1)</time>" in offered
    assert ">01:00 (GMT)</time>" in offered
    assert "London time (GMT+1, then GMT)" in offered
    assert "01:30 (GMT+1)" in mine
    assert "to 01:00 (GMT)" in mine
    for hour in ("01:00 (GMT+1)", "01:00 (GMT)"):
        assert f">{hour}</li>" in board
    assert "01:30 (BST)" in texts[visit.id]
    assert "01:30 (GMT)" in texts[later.id]


def test_a_message_about_next_year_names_the_year(session: Session) -> None:
    starts_at = wall("2027-01-08 10:00")
    at = starts_at - timedelta(days=20)
    with clock.travel_to(at):
        clinician = a_clinician(session)
        visit = an_appointment(session, clinician=clinician, starts_at=starts_at, at=at)
        assert "Friday 8 January 2027, 10:00" in message_about(session, visit)


def message_about(session: Session, visit: Appointment) -> str:
    """The text of the one message about an appointment."""
    session.flush()
    return preview(session, session.query(Delivery).filter_by(appointment_id=visit.id).one()).text
