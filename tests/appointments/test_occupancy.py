"""The database says no: whatever the code looked at before, two visits cannot take the same time."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.commands.locking import release_time
from portal.appointments.commands.occupying import occupy
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment, Occupancy
from portal.core.db import in_transaction, violated_constraint
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, a_hold, an_appointment, wall

START = wall("2026-03-10 10:00")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def booked(session: Session, cast: Cast) -> Appointment:
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=START)


def take(session: Session, resource_id: int, appointment: Appointment, start: int, end: int) -> None:
    """Insert a row of occupancy without asking anybody; minutes are counted from the booked start."""
    during = Range(START + start * MINUTE, START + end * MINUTE, bounds="[)")
    row = {"resource_id": resource_id, "appointment_id": appointment.id, "during": during}
    session.execute(insert(Occupancy).values(row))


@pytest.mark.parametrize(("start", "end"), [(0, 60), (59, 61), (-30, 1), (10, 20), (-60, 120)])
def test_two_visits_cannot_take_the_same_minute(
    session: Session, cast: Cast, booked: Appointment, start: int, end: int
) -> None:
    for resource_id in (cast.clinician.resource_id, cast.patient.resource_id):
        with pytest.raises(IntegrityError) as caught, session.begin_nested():
            take(session, resource_id, booked, start, end)
        assert violated_constraint(caught.value) == "ex_occupancy_no_overlap"


@pytest.mark.parametrize(("start", "end"), [(60, 120), (-60, 0)])
def test_one_may_begin_the_minute_the_other_ends(
    session: Session, cast: Cast, booked: Appointment, start: int, end: int
) -> None:
    take(session, cast.clinician.resource_id, booked, start, end)
    take(session, a_clinician(session, cast.leeds).resource_id, booked, 0, 60)


def test_code_that_does_not_look_is_told_that_the_time_is_taken(
    session: Session, cast: Cast, booked: Appointment
) -> None:
    other = an_appointment(session, clinician=cast.clinician, starts_at=START + HOUR)
    session.commit()

    def move_without_looking() -> None:
        release_time(session, other)
        other.starts_at, other.ends_at = booked.starts_at, booked.ends_at
        occupy(session, other, cast.clinician, other.patient)

    with pytest.raises(SlotTaken) as caught:
        in_transaction(session, move_without_looking)
    assert (caught.value.status, caught.value.code) == (409, "SLOT_UNAVAILABLE")
    session.refresh(other)
    assert other.starts_at == START + HOUR


@pytest.mark.parametrize("during", ["empty", "[2026-03-10,2026-03-11]", "(2026-03-10,2026-03-11)"])
def test_only_half_open_times_are_kept(session: Session, booked: Appointment, during: str) -> None:
    statement = text(
        "INSERT INTO occupancy (resource_id, appointment_id, during) "
        "SELECT resource_id, appointment_id, CAST(:during AS tstzrange) FROM occupancy LIMIT 1"
    )
    with pytest.raises(IntegrityError) as caught:
        session.execute(statement, {"during": during})
    assert violated_constraint(caught.value) == "ck_occupancy_half_open"


def test_a_hold_that_has_run_out_still_stands_in_the_database_until_it_is_ended(
    session: Session, cast: Cast
) -> None:
    held = a_hold(session, cast.clinician, starts_at=START)
    assert held.is_expired(NOW + 10 * MINUTE)
    assert not held.is_expired(NOW + 9 * MINUTE)
    with pytest.raises(IntegrityError), session.begin_nested():
        take(session, cast.clinician.resource_id, held, 0, 60)
    assert commands.expire_due(session, at=NOW + 10 * MINUTE) == 1
    take(session, cast.clinician.resource_id, held, 0, 60)
