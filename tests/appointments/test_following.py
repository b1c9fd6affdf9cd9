"""The next visit: the same hour in some weeks or what is nearest to it, booked in one press and known to follow."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.availability import Asking
from portal.appointments.following import followed, next_times
from portal.appointments.models import Appointment, Channel, Status
from portal.core.errors import Invalid
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_patient, an_appointment, key_for, wall
from tests.web.helpers import counted

TUESDAY = wall("2026-03-03 10:00")
WEEK = timedelta(days=7)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana's, on Tuesday at ten with Bo."""
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=TUESDAY)


def booked_next(session: Session, cast: Cast, visit: Appointment, weeks: int = 2) -> Appointment:
    key = key_for(session, cast.clinician, visit.starts_at + weeks * WEEK)
    return commands.book_next(session, key, after=visit, by=cast.bo, at=NOW, channel=Channel.DESK)


def test_the_same_hour_is_offered_in_one_two_four_and_six_weeks(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    offered = next_times(session, visit, Asking(NOW, is_staff=True))
    assert [one.weeks for one in offered] == [1, 2, 4, 6]
    assert all(one.is_same_hour and len(one.slots) == 1 for one in offered)
    # The clocks go forward on 29 March: ten o'clock stays ten o'clock.
    assert offered[2].slots[0].starts_at == wall("2026-03-31 10:00")


def test_where_that_hour_is_taken_the_nearest_free_times_are_offered(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    an_appointment(session, clinician=cast.clinician, starts_at=TUESDAY + WEEK)
    first, second, *_ = next_times(session, visit, Asking(NOW, is_staff=True))
    hour = timedelta(hours=1)
    assert not first.is_same_hour
    assert {abs(slot.starts_at - first.wanted) for slot in first.slots} <= {hour, hour / 2}
    assert second.is_same_hour


def test_weeks_count_from_the_last_such_weekday_once_the_visit_is_past(
    session: Session, visit: Appointment
) -> None:
    thursday = wall("2026-03-26 12:00")
    first, *_ = next_times(session, visit, Asking(thursday, is_staff=True))
    assert first.wanted == wall("2026-03-31 10:00")


def test_nothing_is_offered_of_a_service_that_is_no_longer_given(
    session: Session, visit: Appointment
) -> None:
    visit.service.is_active = False
    assert next_times(session, visit, Asking(NOW, is_staff=True)) == []


def test_all_weeks_take_three_queries(session: Session, visit: Appointment) -> None:
    assert visit.service.is_active
    with counted() as queries:
        next_times(session, visit, Asking(NOW, is_staff=True))
    assert len(queries) <= 3


def test_the_next_visit_is_of_the_same_patient_and_follows_the_first(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    following = booked_next(session, cast, visit)
    assert (following.patient_id, following.status) == (cast.patient.id, Status.CONFIRMED)
    assert following.session_type == visit.session_type
    assert followed(session, cast.ana, following) is visit
    assert followed(session, cast.zoe, following) is None
    assert followed(session, cast.bo, visit) is None


def test_pressed_twice_it_is_booked_once(session: Session, cast: Cast, visit: Appointment) -> None:
    assert booked_next(session, cast, visit) is booked_next(session, cast, visit)
    assert session.scalar(select(func.count()).select_from(Appointment)) == 2


def test_only_an_earlier_visit_of_that_patient_can_be_followed_up(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    after = an_appointment(
        session, clinician=cast.clinician, patient=cast.patient, starts_at=TUESDAY + WEEK, by=cast.bo
    )
    other = an_appointment(session, clinician=cast.clinician, patient=a_patient(session))
    for following, before in ((after, other), (visit, after), (visit, visit)):
        with pytest.raises(Invalid):
            commands.follow_up(following, of=before)
    visit.status = Status.CANCELLED
    with pytest.raises(Invalid):
        commands.follow_up(after, of=visit)
    session.rollback()
