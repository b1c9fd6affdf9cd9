"""Every time shown can be booked, and what is not shown cannot: asked of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.availability import Asking, Availability
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment, Channel
from portal.appointments.nearest import first_free_by_clinician
from portal.appointments.slots import SlotKey
from portal.core import clock
from tests.appointments.practices import DAYS, Facts, Practice, build, facts
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import (
    a_centre,
    a_clinician,
    a_hold,
    a_patient,
    a_service,
    an_appointment,
    service_of,
    slots_of,
    wall,
    week,
)
from tests.scheduling import transitions
from tests.scheduling.transitions import Change

MINUTE = timedelta(minutes=1)
# Every example is a practice of its own in the database: making a failing one smaller takes longer than reading it.
QUICKLY = (Phase.explicit, Phase.reuse, Phase.generate)


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """Whatever happens inside has not happened."""
    attempt = session.begin_nested()
    try:
        yield
    finally:
        attempt.rollback()


def take(session: Session, practice: Practice, key: SlotKey, *, by_holding: bool) -> Appointment:
    """Book the time, or hold it and say yes, as the patient."""
    by, patient, now = practice.by, practice.patient, practice.facts.now
    if not by_holding:
        return commands.book(session, key, patient=patient, by=by, at=now, channel=Channel.PORTAL)
    held = commands.hold(session, key, by=by, at=now, minutes=10, patient=patient)
    return commands.confirm(session, held, by=by, at=now + MINUTE)


@settings(max_examples=15, phases=QUICKLY)
@given(facts=facts(), data=st.data())
def test_each_listed_time_can_be_booked(session: Session, facts: Facts, data: st.DataObject) -> None:
    with undone(session):
        practice = build(session, facts)
        listed = practice.listed(session)
        days = [facts.day(number) for number in range(-1, DAYS)]
        assert {slot.starts_at for slot in listed} == practice.oracle.listed(days)
        chosen = data.draw(st.sets(st.sampled_from(listed), max_size=5)) if listed else set()
        for slot in {*listed[:1], *listed[-1:], *chosen}:
            with undone(session):
                booked = take(session, practice, SlotKey.of(slot), by_holding=data.draw(st.booleans()))
                assert (booked.starts_at, booked.ends_at) == (slot.starts_at, slot.ends_at)
                assert slot not in practice.listed(session)


@settings(max_examples=15, phases=QUICKLY)
@given(facts=facts(), data=st.data())
def test_no_other_time_can_be_booked_and_the_reason_is_given(
    session: Session, facts: Facts, data: st.DataObject
) -> None:
    with undone(session):
        practice = build(session, facts)
        listed = [slot.starts_at for slot in practice.listed(session)]
        anywhere = st.integers(-12, (DAYS - 2) * 48).map(lambda halves: facts.now + halves * 30 * MINUTE)
        beside = [st.sampled_from(listed).map(lambda start: start + 5 * MINUTE)] if listed else []
        taken = [busy.start + facts.shape.before_minutes * MINUTE for busy in practice.oracle.timetable.busy]
        engaged = [one.start for one in practice.oracle.timetable.engaged]
        drawn = data.draw(st.lists(st.one_of(anywhere, *beside), min_size=4, max_size=6))
        for start in {*drawn, *taken[:2], *engaged[:2]} - set(listed):
            expected = practice.oracle.refusal(start)
            assert expected is not None, f"{start} is free, and not listed"
            with undone(session), pytest.raises(SlotTaken) as caught:
                take(session, practice, practice.key(session, start), by_holding=data.draw(st.booleans()))
            assert caught.value.refusal is expected
            assert caught.value.alternatives or not listed
            for slot in caught.value.alternatives[:1]:
                with undone(session):
                    take(session, practice, SlotKey.of(slot), by_holding=False)


@pytest.mark.parametrize("change", transitions.ALL, ids=str)
def test_a_time_on_the_day_the_clocks_change_reads_the_same_when_booked(
    session: Session, change: Change
) -> None:
    clinician = a_clinician(
        session,
        a_centre(session, time_zone=change.zone_name),
        hours="Mon-Sun 0-6",
        minutes=30,
        notice_hours=0,
    )
    at = change.at - timedelta(days=1)
    listed = [
        slot
        for slot in slots_of(session, clinician, at=at, days=4)
        if abs(slot.starts_at - change.at) <= timedelta(hours=1)
    ]
    assert len(listed) == 5
    shown = [f"{clock.local(slot.starts_at, change.zone):%d %H:%M %z}" for slot in listed]
    booked = [
        an_appointment(session, clinician=clinician, starts_at=slot.starts_at, at=at) for slot in listed
    ]
    session.expire_all()
    assert [f"{clock.local(one.starts_at, one.zone):%d %H:%M %z}" for one in booked] == shown
    assert len(set(shown)) == 5, "with the offset, no two are alike"
    assert {one.ends_at - one.starts_at for one in booked} == {30 * MINUTE}


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*details: object) -> None:
        statements.append(str(details[2]))

    event.listen(session.get_bind(), "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", note)


def test_a_month_of_a_clinician_takes_two_queries(session: Session, cast: Cast) -> None:
    for hours in range(5):
        an_appointment(
            session, clinician=cast.clinician, starts_at=wall("2026-03-09 09:00") + timedelta(hours=hours)
        )
    service = service_of(session, cast.clinician)
    today = NOW.date()
    with counted(session) as statements:
        month = Availability(session, [cast.clinician], today, today + timedelta(days=31), Asking(NOW))
        assert len(list(month.free(service))) > 100
    assert len(statements) == 2


def test_a_page_of_clinicians_takes_as_many_queries_as_one(session: Session, cast: Cast) -> None:
    soon = [a_clinician(session, cast.leeds) for _ in range(3)]
    late = a_clinician(session, cast.leeds, notice_hours=24 * 20, advance_days=120)
    never = a_clinician(session, cast.leeds, hours="")
    everybody = [*soon, late, never]
    services = {one.id: [service_of(session, one)] for one in everybody}
    with counted(session) as statements:
        found = first_free_by_clinician(session, everybody, services, Asking(NOW))
    assert len(statements) == 3, "one for hours, and one for each of the two looks"
    assert {one.id: found[one.id].starts_at for one in soon} == dict.fromkeys(
        (one.id for one in soon), wall("2026-03-03 09:00")
    )
    assert found[late.id].starts_at == slots_of(session, late, days=40)[0].starts_at
    assert never.id not in found


def test_the_first_free_time_is_that_of_the_service_that_comes_first(session: Session, cast: Cast) -> None:
    short = a_service(session, cast.clinician, duration_minutes=30)
    long = service_of(session, cast.clinician)
    key = SlotKey(cast.clinician.id, cast.leeds.id, short.id, wall("2026-03-03 09:30"))
    commands.book(session, key, patient=cast.patient, by=cast.ana, at=NOW, channel=Channel.PORTAL)
    found = first_free_by_clinician(
        session, [cast.clinician], {cast.clinician.id: [long, short]}, Asking(NOW)
    )
    assert (found[cast.clinician.id].service_id, found[cast.clinician.id].starts_at) == (
        short.id,
        wall("2026-03-03 09:00"),
    )


def test_times_at_several_centres_come_in_order_of_start(session: Session, cast: Cast) -> None:
    paris = a_centre(session, city="Paris", time_zone="Europe/Paris")
    hours = [*week("Tue 11-13, Thu 9-10", cast.leeds), *week("Tue 9-11, Wed 9-10", paris)]
    clinician = a_clinician(session, cast.leeds, paris, hours=hours)
    found = slots_of(session, clinician, days=5)
    assert [(slot.centre_id, f"{slot.starts_at:%a %H}") for slot in found] == [
        (paris.id, "Tue 09"),
        (cast.leeds.id, "Tue 11"),
        (cast.leeds.id, "Tue 12"),
        (paris.id, "Wed 08"),
        (cast.leeds.id, "Thu 09"),
    ]


def test_the_zone_decides_on_which_date_a_time_is(session: Session) -> None:
    far = a_centre(session, time_zone="Pacific/Kiritimati")
    clinician = a_clinician(session, far, hours="Wed 8-9")
    [slot] = slots_of(session, clinician, days=5)
    assert f"{slot.starts_at:%a %H:%M}" == "Tue 18:00"
    booked = an_appointment(session, clinician=clinician)
    assert f"{clock.local(booked.starts_at, booked.zone):%a %H:%M}" == "Wed 08:00"


def test_other_clinicians_other_services_and_the_patients_own_time_are_told_apart(
    session: Session, cast: Cast
) -> None:
    start = wall("2026-03-10 10:00")
    other = a_clinician(session, cast.leeds)
    an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=start)
    assert start in {slot.starts_at for slot in slots_of(session, other)}
    assert start not in {slot.starts_at for slot in slots_of(session, other, patient=cast.patient)}
    assert start in {slot.starts_at for slot in slots_of(session, other, patient=a_patient(session))}
    short = a_service(session, cast.clinician)
    starts = {slot.starts_at for slot in slots_of(session, cast.clinician, service=short)}
    assert not {start, start + 30 * MINUTE} & starts
    assert {start - 30 * MINUTE, start + 60 * MINUTE} <= starts


def test_an_appointment_that_is_to_be_moved_is_not_in_its_own_way(session: Session, cast: Cast) -> None:
    booked = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    asking = Asking(NOW, patient_resource_id=cast.patient.resource_id, ignoring=booked.id)
    day = booked.starts_at.date()
    there = Availability(session, [cast.clinician], day, day, asking)
    assert booked.starts_at in {slot.starts_at for slot in there.free(service_of(session, cast.clinician))}


def test_a_service_that_needs_a_room_is_not_offered_online(session: Session) -> None:
    clinician = a_clinician(session, None, is_online=True)
    in_person = a_service(session, clinician, is_online=False, is_in_person=True)
    assert slots_of(session, clinician)
    assert slots_of(session, clinician, service=in_person) == []


def test_a_hold_of_ones_own_is_shown_as_taken(session: Session, cast: Cast) -> None:
    held = a_hold(session, cast.clinician, patient=cast.patient)
    assert held.starts_at not in {
        slot.starts_at for slot in slots_of(session, cast.clinician, patient=cast.patient)
    }
