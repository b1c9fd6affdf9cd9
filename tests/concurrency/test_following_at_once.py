"""The buttons of a clinician's day, pressed several times at the same moment: one next visit, one note."""

import uuid
from datetime import timedelta

import pytest

from portal.appointments import commands
from portal.appointments.models import Appointment, Channel
from portal.people.models import Patient
from portal.records.commands import write_note
from tests.cast import Cast
from tests.concurrency.acts import START, booking, key_of, made, split
from tests.concurrency.crowd import Act, Crowd
from tests.conftest import NOW
from tests.factories import an_appointment

pytestmark = pytest.mark.concurrency

WEEK = timedelta(weeks=1)


@pytest.fixture
def visit(crowd: Crowd, cast: Cast) -> Appointment:
    """Ana's, with Bo."""
    return made(crowd, an_appointment, clinician=cast.clinician, patient=cast.patient, starts_at=START)


def pressing(crowd: Crowd, cast: Cast, visit: Appointment) -> Act:
    """Bo presses the button of the same hour a week later."""
    key = key_of(crowd, cast.clinician, START + WEEK)
    return lambda session: commands.book_next(
        session,
        key,
        after=session.get_one(Appointment, visit.id),
        by=cast.bo,
        at=NOW,
        channel=Channel.DESK,
    )


def sending(cast: Cast, visit: Appointment) -> Act:
    """Bo sends one page's note."""
    key = uuid.uuid4()
    return lambda session: write_note(
        session,
        session.get_one(Patient, cast.patient.id),
        "Knee is better.",
        by=cast.bo,
        at=NOW,
        appointment_id=visit.id,
        form_key=key,
    )


def test_the_next_visit_is_booked_once_however_often_it_is_pressed(
    crowd: Crowd, cast: Cast, visit: Appointment
) -> None:
    press = pressing(crowd, cast, visit)
    winners, refusals = split(crowd.at_once(press, press, press))
    assert refusals == []
    assert len({winner.id for winner in winners}) == 1
    assert crowd.count("SELECT 1 FROM appointment WHERE follow_up_of_id = :of", of=visit.id) == 1


def test_somebody_else_may_be_quicker_and_then_nothing_follows(
    crowd: Crowd, cast: Cast, visit: Appointment
) -> None:
    wanted = booking(cast.stranger, cast.zora, key_of(crowd, cast.clinician, START + WEEK))
    winners, refusals = split(crowd.at_once(pressing(crowd, cast, visit), wanted))
    assert (len(winners), len(refusals)) == (1, 1)
    assert crowd.count("SELECT 1 FROM appointment WHERE starts_at = :at", at=START + WEEK) == 1


def test_a_note_is_kept_once_however_often_it_is_sent(crowd: Crowd, cast: Cast, visit: Appointment) -> None:
    press = sending(cast, visit)
    winners, refusals = split(crowd.at_once(press, press, press))
    assert refusals == []
    assert len({winner.id for winner in winners}) == 1
    assert crowd.count("SELECT 1 FROM medical_note") == 1
