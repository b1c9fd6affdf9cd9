"""A series against whoever wants one of its times, or its rest, at the same moment: all of it or nothing."""

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.commands import Pattern
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment, Channel
from portal.appointments.series_models import AppointmentSeries, Rhythm
from portal.core.permissions import Actor
from portal.people.models import Patient
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.concurrency.acts import ROUNDS, START, booking, key_of, on, split
from tests.concurrency.crowd import Act, Crowd
from tests.conftest import NOW

pytestmark = pytest.mark.concurrency

TWO_WEEKS = timedelta(weeks=2)
OF_SERIES = "SELECT 1 FROM appointment WHERE series_id IS NOT NULL AND status = 'CONFIRMED'"


def repeating(pattern: Pattern, patient: Patient, by: Actor, form_key: uuid.UUID | None = None) -> Act:
    key = form_key or uuid.uuid4()
    return lambda session: commands.repeat(
        session, pattern, form_key=key, patient=patient, by=by, at=NOW, channel=Channel.DESK
    )


def fortnightly(crowd: Crowd, cast: Cast, start: datetime = START) -> Pattern:
    return Pattern(key_of(crowd, cast.clinician, start), Rhythm.FORTNIGHTLY, 2)


def test_a_series_and_a_single_booking_of_one_of_its_times_never_both(crowd: Crowd, cast: Cast) -> None:
    for start in ROUNDS:
        single = booking(cast.stranger, cast.zora, key_of(crowd, cast.clinician, start + TWO_WEEKS))
        results = crowd.at_once(repeating(fortnightly(crowd, cast, start), cast.patient, cast.fay), single)
        winners, refusals = split(results)
        assert len(winners) == 1
        assert isinstance(refusals[0], SlotTaken)
        made = 2 if isinstance(winners[0], AppointmentSeries) else 0
        assert (
            crowd.count(f"{OF_SERIES} AND starts_at IN (:one, :two)", one=start, two=start + TWO_WEEKS)
            == made
        )
        crowd.check_the_books()


def test_two_series_of_the_same_times_are_one(crowd: Crowd, cast: Cast) -> None:
    pattern = fortnightly(crowd, cast)
    mine, theirs = (repeating(pattern, one, cast.fay) for one in (cast.patient, cast.stranger))
    winners, refusals = split(crowd.at_once(mine, theirs, mine, theirs))
    assert len({winner.id for winner in winners}) == 1
    assert crowd.count(OF_SERIES) == 2
    assert all(isinstance(refusal, SlotTaken) for refusal in refusals)


def test_a_button_pressed_several_times_at_once_books_one_series(crowd: Crowd, cast: Cast) -> None:
    press = repeating(fortnightly(crowd, cast), cast.patient, cast.fay, uuid.uuid4())
    results = crowd.at_once(*[press] * 4)
    assert len({series.id for series in results}) == 1
    assert crowd.count(OF_SERIES) == 2
    assert crowd.count("SELECT 1 FROM delivery WHERE kind = 'appointment-series-booked'") <= 4


def test_one_who_cancels_a_visit_and_one_who_cancels_the_rest_cancel_each_once(
    crowd: Crowd, cast: Cast
) -> None:
    crowd.alone(repeating(fortnightly(crowd, cast), cast.patient, cast.fay))
    visits = crowd.alone(lambda session: list(session.scalars(select(Appointment).order_by(Appointment.id))))

    def the_rest(session: Session) -> list[Appointment]:
        loaded = [session.get_one(Appointment, visit.id) for visit in visits]
        late = LateCancellation.NO_REFUND
        return commands.cancel_together(session, loaded, by=cast.fay, at=NOW, late=late, reason="Away")

    one = on(visits[1], commands.cancel, by=cast.ana, at=NOW, late=LateCancellation.NO_REFUND)
    crowd.at_once(the_rest, one, the_rest)
    assert crowd.count("SELECT 1 FROM appointment_change WHERE kind = 'cancelled'") == 2
