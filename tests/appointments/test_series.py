"""Series: every date is looked at first, then all are booked together or none; and the rest can be cancelled."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.commands import Pattern
from portal.appointments.errors import SeriesNotFree
from portal.appointments.models import Appointment, Channel, Party, Status
from portal.appointments.series import Place, get_visible_series, place_in_series
from portal.appointments.series_models import AppointmentSeries, Rhythm
from portal.centres.commands import add_holiday
from portal.core.errors import Forbidden, Invalid, NotFound
from portal.core.permissions import SYSTEM, Actor
from portal.notifications.composing import preview
from portal.notifications.models import Delivery, Notification
from portal.scheduling.commands import add_exception
from portal.scheduling.rules import Refusal
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, an_appointment, key_for, wall
from tests.web.helpers import counted

TUESDAY = wall("2026-03-10 10:00")
WEEK = timedelta(days=7)
DAY = timedelta(days=1)


def pattern(session: Session, cast: Cast, count: int = 4, **instead: Any) -> Pattern:
    """Each Tuesday at ten with Bo; the clocks go forward after the third."""
    return Pattern(key_for(session, cast.clinician, TUESDAY), Rhythm.WEEKLY, count, **instead)


def booked(
    session: Session, cast: Cast, wanted: Pattern, *, by: Actor | None = None, **more: Any
) -> list[Appointment]:
    facts = {"form_key": uuid.uuid4(), "channel": Channel.DESK, **more}
    series = commands.repeat(session, wanted, patient=cast.patient, by=by or cast.fay, at=NOW, **facts)
    session.flush()
    return get_visible_series(session, cast.fay, series.id).visits


def test_every_date_of_a_series_is_booked_at_the_same_time_of_day(session: Session, cast: Cast) -> None:
    visits = booked(session, cast, pattern(session, cast))
    tuesdays = ["2026-03-10", "2026-03-17", "2026-03-24", "2026-03-31"]
    assert [visit.starts_at for visit in visits] == [wall(f"{day} 10:00") for day in tuesdays]
    assert {(visit.status, visit.patient_id, visit.channel) for visit in visits} == {
        (Status.CONFIRMED, cast.patient.id, Channel.DESK)
    }
    assert [place_in_series(session, visit) for visit in visits] == [Place(n, 4) for n in (1, 2, 3, 4)]


def test_each_date_says_what_stands_in_its_way_and_what_else_there_is(session: Session, cast: Cast) -> None:
    an_appointment(session, clinician=cast.clinician, starts_at=TUESDAY)
    add_holiday(session, cast.leeds, by=SYSTEM, holiday_on=date(2026, 3, 17), name="A day", at=NOW)
    add_exception(session, cast.clinician, starts_on=date(2026, 3, 24), ends_on=date(2026, 3, 24))
    other = a_clinician(session, cast.leeds, full_name="Ben Ortiz")
    an_appointment(session, clinician=other, patient=cast.patient, starts_at=wall("2026-03-31 10:00"))
    session.flush()
    proposal = commands.propose(session, pattern(session, cast, 5), patient=cast.patient, by=cast.fay, at=NOW)
    refusals = [visit.refusal for visit in proposal.visits]
    assert refusals == [Refusal.TAKEN, Refusal.HOLIDAY, Refusal.LEAVE, Refusal.ENGAGED, None]
    first, holiday, *_, free = proposal.visits
    assert {slot.starts_at.date() for slot in first.same_day} == {TUESDAY.date()}
    assert holiday.same_day == []
    assert holiday.next_free is not None
    assert holiday.next_free.starts_at == wall("2026-03-18 09:00")
    assert free.next_free is None
    assert session.scalar(select(func.count()).select_from(AppointmentSeries)) == 0


def test_a_date_that_is_taken_is_booked_at_another_time_or_left_out(session: Session, cast: Cast) -> None:
    for start in (TUESDAY, TUESDAY + WEEK):
        an_appointment(session, clinician=cast.clinician, starts_at=start)
    later = TUESDAY + timedelta(hours=1)
    visits = booked(session, cast, pattern(session, cast, instead={1: later, 2: None}))
    assert [visit.starts_at for visit in visits] == [later, TUESDAY + 2 * WEEK, wall("2026-03-31 10:00")]


def test_nothing_is_booked_while_one_date_is_taken(session: Session, cast: Cast) -> None:
    an_appointment(session, clinician=cast.clinician, starts_at=TUESDAY + WEEK)
    with pytest.raises(SeriesNotFree) as refusal:
        booked(session, cast, pattern(session, cast))
    assert refusal.value.numbers == [2]
    assert session.scalars(select(Appointment).where(Appointment.patient_id == cast.patient.id)).all() == []


def test_two_visits_of_a_series_cannot_be_at_the_same_time(session: Session, cast: Cast) -> None:
    same = TUESDAY + WEEK
    with pytest.raises(SeriesNotFree) as refusal:
        booked(session, cast, pattern(session, cast, instead={1: same}))
    assert refusal.value.numbers == [2]


def test_pressed_twice_it_is_one_series(session: Session, cast: Cast) -> None:
    key = uuid.uuid4()
    first = booked(session, cast, pattern(session, cast), form_key=key)
    again = booked(session, cast, pattern(session, cast), form_key=key)
    assert [visit.id for visit in again] == [visit.id for visit in first]
    on_wednesdays = Pattern(key_for(session, cast.clinician, TUESDAY + DAY), Rhythm.WEEKLY, 2)
    other = booked(session, cast, on_wednesdays, form_key=key, by=cast.bo)
    assert other[0].series_id != first[0].series_id, "another's key says nothing"


@pytest.mark.parametrize("count", [1, 27])
def test_too_few_and_too_many_are_no_series(session: Session, cast: Cast, count: int) -> None:
    with pytest.raises(Invalid):
        booked(session, cast, pattern(session, cast, count))


@pytest.mark.parametrize(
    "instead", [{5: None}, {0: None}, {1: TUESDAY + 3 * WEEK}, {1: None, 2: None, 3: None}]
)
def test_what_is_no_series_is_refused(
    session: Session, cast: Cast, instead: dict[int, datetime | None]
) -> None:
    with pytest.raises(Invalid):
        booked(session, cast, pattern(session, cast, instead=instead))


def test_clinicians_repeat_their_own_visits_and_the_desk_those_of_its_centre(
    session: Session, cast: Cast
) -> None:
    assert len(booked(session, cast, pattern(session, cast, 2), by=cast.bo, channel=Channel.PORTAL)) == 2
    for stranger in (cast.zoe, cast.zack):
        with pytest.raises(Forbidden):
            booked(session, cast, pattern(session, cast), by=stranger)


def test_who_may_not_see_the_visits_sees_no_series(session: Session, cast: Cast) -> None:
    series_id = booked(session, cast, pattern(session, cast))[0].series_id
    assert series_id is not None
    for actor in (cast.ana, cast.bo, cast.ada):
        assert len(get_visible_series(session, actor, series_id).visits) == 4
    for actor, error in ((cast.zora, NotFound), (cast.zoe, NotFound), (cast.zack, Forbidden)):
        with pytest.raises(error):
            get_visible_series(session, actor, series_id)
    with pytest.raises(NotFound):
        get_visible_series(session, cast.zack, 10**9)


def messages(session: Session, visits: list[Appointment]) -> list[Delivery]:
    session.flush()
    ids = [visit.id for visit in visits]
    found = select(Delivery).where(Delivery.appointment_id.in_(ids), Delivery.status == "PENDING")
    return list(session.scalars(found.order_by(Delivery.id)))


def test_a_series_is_told_in_one_message_with_all_its_dates(session: Session, cast: Cast) -> None:
    cast.patient.email = "ana@example.org"
    cast.patient.channels = ["EMAIL"]
    visits = booked(session, cast, pattern(session, cast))
    told = messages(session, visits)
    assert [one.kind for one in told] == ["appointment-series-booked"]
    said = preview(session, told[0])
    assert "4 appointments with" in said.text
    assert "Tuesday 31 March" in said.text
    assert len(said.attachments) == 4
    notes = session.scalars(select(Notification.kind).where(Notification.related_id == visits[0].id)).all()
    assert sorted(notes) == ["meeting_confirmed", "meeting_confirmed"]


def test_the_message_leaves_out_what_was_cancelled_before_it_left(session: Session, cast: Cast) -> None:
    cast.patient.email = "ana@example.org"
    cast.patient.channels = ["EMAIL"]
    visits = booked(session, cast, pattern(session, cast))
    told = messages(session, visits)
    commands.cancel(session, visits[0], by=cast.fay, at=NOW, late=LateCancellation.NO_REFUND)
    assert told[0] in messages(session, visits), "the first visit's message carries the others"


def test_the_rest_of_a_series_is_cancelled_and_told_once(session: Session, cast: Cast) -> None:
    visits = booked(session, cast, pattern(session, cast))
    commands.start(session, visits[0], by=cast.bo, at=TUESDAY)
    facts: dict[str, Any] = {
        "by": cast.fay,
        "at": TUESDAY,
        "late": LateCancellation.NO_REFUND,
        "reason": "Moved away",
    }
    ended = commands.cancel_together(session, visits, **facts)
    assert [visit.id for visit in ended] == [visit.id for visit in visits[1:]]
    assert {visit.cancelled_by for visit in ended} == {Party.CENTRE}
    assert visits[0].status == Status.CONFIRMED
    kinds = [one.kind for one in messages(session, visits)]
    assert kinds.count("appointment-series-cancelled") == 1
    assert "appointment-cancelled-by-practice" not in kinds
    assert commands.cancel_together(session, visits, **facts) == []


def test_looking_at_a_long_series_takes_no_more_queries(session: Session, cast: Cast) -> None:
    commands.propose(session, pattern(session, cast, 2), patient=cast.patient, by=cast.fay, at=NOW)
    with counted() as few:
        commands.propose(session, pattern(session, cast, 2), patient=cast.patient, by=cast.fay, at=NOW)
    with counted() as many:
        commands.propose(session, pattern(session, cast, 26), patient=cast.patient, by=cast.fay, at=NOW)
    assert len(many) <= len(few) <= 5
