"""Whoever books for a day on which the clocks change reads the same time of day on every page, and comes in time."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core import clock
from portal.notifications.models import Message
from tests.factories import a_centre, a_clinician, a_patient, account_of, an_appointment, slots_of, wall
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
        message = session.query(Message).filter_by(appointment_id=visit.id).one()
    assert "10:00" in one
    assert f"({offset})" in one
    assert "10:00" in mine
    assert "10:00" in today
    assert "10:00" in message.text
    assert clock.local(visit.starts_at, centre.zone) == datetime.fromisoformat(f"{day}T10:00").replace(
        tzinfo=centre.zone
    )
