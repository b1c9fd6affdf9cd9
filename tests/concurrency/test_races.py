"""People who want the same thing at the same moment: one of them gets it, the others are told what else there is."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import (
    BookingExpired,
    InvalidStateTransition,
    NotBookable,
    SlotTaken,
    WouldStrand,
)
from portal.appointments.models import Appointment, Channel, Status
from portal.appointments.slots import SlotKey
from portal.core.permissions import SYSTEM, VISITOR, Role
from portal.people.models import Clinician, Patient
from portal.scheduling.commands import add_exception
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.concurrency.crowd import Act, Crowd
from tests.conftest import NOW
from tests.factories import a_clinician, a_hold, a_patient, an_actor, an_appointment, key_for, wall

pytestmark = pytest.mark.concurrency

START = wall("2026-03-10 10:00")
ROUNDS = [START + timedelta(hours=number) for number in range(4)]
"""Free times at which the same race is run once each."""
LATER = NOW + timedelta(minutes=11)
"""When a hold of ten minutes has run out."""


@pytest.fixture
def cast(crowd: Crowd) -> Cast:
    """Bo, Ana, Zora, Fay and Cora; their records can be read outside of any session."""
    with Session(crowd.engine, expire_on_commit=False) as session:
        cast = Cast(session)
        for name in ("clinician", "ana", "zora", "fay", "cora", "bo"):
            getattr(cast, name)  # named, they come into being
        session.commit()
        return cast


def made(crowd: Crowd, make: Callable[..., Appointment], **facts: Any) -> Appointment:
    """An appointment or a hold that everybody finds."""
    return crowd.alone(lambda session: make(session, **facts))


def key_of(crowd: Crowd, clinician: Clinician, start: datetime = START) -> SlotKey:
    return crowd.alone(lambda session: key_for(session, clinician, start))


def booking(patient: Patient, by: Any, key: SlotKey, at: datetime = NOW) -> Act:
    channel = Channel.DESK if by.is_staff else Channel.PORTAL
    return lambda session: commands.book(session, key, patient=patient, by=by, at=at, channel=channel)


def holding(key: SlotKey, at: datetime = NOW, **holder: Any) -> Act:
    by = holder.pop("by", VISITOR)
    return lambda session: commands.hold(session, key, by=by, at=at, minutes=10, **holder)


def on(appointment: Appointment, command: Callable[..., Any], **facts: Any) -> Act:
    """The command given by somebody who has the appointment on the screen."""
    return lambda session: command(session, session.get_one(Appointment, appointment.id), **facts)


def moving(appointment: Appointment, key: SlotKey, by: Any) -> Act:
    return lambda session: commands.reschedule(
        session, session.get_one(Appointment, appointment.id), key, by=by, at=NOW
    )


def split(results: list[Any]) -> tuple[list[Any], list[Any]]:
    """Who succeeded, and the refusals of the others."""
    refusals = [result for result in results if isinstance(result, Exception)]
    return [result for result in results if result not in refusals], refusals


def check_one_of_them_has_it(results: list[Any]) -> Appointment:
    """One success; everybody else is told that the time is taken, and offered others."""
    [winner], refusals = split(results)
    assert {type(refusal) for refusal in refusals} == {SlotTaken}
    assert all(len(refusal.alternatives) == 3 for refusal in refusals)
    assert isinstance(winner, Appointment)
    return winner


@pytest.mark.slow
def test_of_fifty_people_who_book_one_time_one_has_it(crowd: Crowd, cast: Cast) -> None:
    def fifty(session: Session) -> list[Act]:
        key = key_for(session, cast.clinician, START)
        patients = [a_patient(session) for _ in range(50)]
        return [booking(one, an_actor(session, Role.PATIENT, patient=one), key) for one in patients]

    results = crowd.at_once(*crowd.alone(fifty))
    winner = check_one_of_them_has_it(results)
    assert len(results) == 50
    assert crowd.count("SELECT 1 FROM appointment") == 1
    assert winner.status == Status.CONFIRMED


def test_of_many_browsers_that_hold_one_time_one_has_it(crowd: Crowd, cast: Cast) -> None:
    key = key_of(crowd, cast.clinician)
    results = crowd.at_once(*(holding(key, holder_hash=f"browser {number}") for number in range(12)))
    assert check_one_of_them_has_it(results).is_hold


def test_times_that_only_overlap_are_one_race_too(crowd: Crowd, cast: Cast) -> None:
    clinician = crowd.alone(lambda session: a_clinician(session, cast.leeds, slot_minutes=15, pause_after=10))
    keys = [key_of(crowd, clinician, START + timedelta(minutes=15 * number)) for number in range(5)]
    results = crowd.at_once(
        *(holding(key, holder_hash=f"browser {number}") for number, key in enumerate(keys * 2))
    )
    check_one_of_them_has_it(results)


def test_one_browser_that_holds_many_times_at_once_ends_with_one(crowd: Crowd, cast: Cast) -> None:
    keys = [key_of(crowd, cast.clinician, START + timedelta(hours=number)) for number in range(5)]
    results = crowd.at_once(*(holding(key, by=cast.ana, patient=cast.patient) for key in keys))
    assert split(results)[1] == []
    assert crowd.count("SELECT 1 FROM appointment WHERE waiting_for = 'HOLD'") == 1


def test_a_move_and_a_booking_into_one_time(crowd: Crowd, cast: Cast) -> None:
    for start in ROUNDS:
        booked = made(crowd, an_appointment, clinician=cast.clinician, patient=cast.patient)
        key = key_of(crowd, cast.clinician, start)
        results = crowd.at_once(moving(booked, key, cast.ana), booking(cast.stranger, cast.zora, key))
        check_one_of_them_has_it(results)
        kept = made(crowd, Session.get_one, entity=Appointment, ident=booked.id)
        assert kept.status == Status.CONFIRMED
        assert kept.starts_at in {start, booked.starts_at}, "whoever could not move has the old time"


def test_two_moves_into_one_time(crowd: Crowd, cast: Cast) -> None:
    mine = made(crowd, an_appointment, clinician=cast.clinician, patient=cast.patient)
    yours = made(crowd, an_appointment, clinician=cast.clinician, patient=cast.stranger)
    key = key_of(crowd, cast.clinician)
    results = crowd.at_once(moving(mine, key, cast.ana), moving(yours, key, cast.zora))
    assert check_one_of_them_has_it(results).starts_at == START
    assert crowd.count("SELECT 1 FROM occupancy") == 4


def test_two_who_want_to_swap_both_keep_what_they_have(crowd: Crowd, cast: Cast) -> None:
    mine = made(crowd, an_appointment, clinician=cast.clinician, patient=cast.patient)
    yours = made(crowd, an_appointment, clinician=cast.clinician, patient=cast.stranger)
    results = crowd.at_once(
        moving(mine, SlotKey.of(yours), cast.ana), moving(yours, SlotKey.of(mine), cast.zora)
    )
    assert [type(refusal) for refusal in split(results)[1]] == [SlotTaken, SlotTaken]


def test_the_desk_and_a_patient_at_home(crowd: Crowd, cast: Cast) -> None:
    for start in ROUNDS:
        key = key_of(crowd, cast.clinician, start)
        results = crowd.at_once(
            booking(cast.stranger, cast.fay, key), holding(key, by=cast.ana, patient=cast.patient)
        )
        check_one_of_them_has_it(results)


def test_one_patient_in_two_places(crowd: Crowd, cast: Cast) -> None:
    other = crowd.alone(lambda session: a_clinician(session, cast.leeds, minutes=90))
    keys = [key_of(crowd, clinician, START) for clinician in (cast.clinician, other)]
    keys[1] = key_of(crowd, other, wall("2026-03-10 09:00"))
    results = crowd.at_once(*(booking(cast.patient, cast.ana, key) for key in keys * 2))
    check_one_of_them_has_it(results)


def test_a_hold_that_has_just_run_out_is_its_holders_or_the_rivals(crowd: Crowd, cast: Cast) -> None:
    for number, start in enumerate(ROUNDS, 1):
        held = made(crowd, a_hold, clinician=cast.clinician, patient=cast.patient, starts_at=start)
        results = crowd.at_once(
            on(held, commands.confirm, by=cast.ana, at=LATER),
            booking(cast.stranger, cast.zora, SlotKey.of(held), at=LATER),
            lambda session: commands.expire_due(session, at=LATER),
        )
        winner = check_one_of_them_has_it(results[:2])
        assert winner.status == Status.CONFIRMED
        assert crowd.count("SELECT 1 FROM appointment WHERE status = 'CONFIRMED'") == number


def test_saying_yes_several_times_at_once_is_saying_it_once(crowd: Crowd, cast: Cast) -> None:
    held = made(crowd, a_hold, clinician=cast.clinician, patient=cast.patient)
    results = crowd.at_once(*[on(held, commands.confirm, by=cast.ana, at=NOW)] * 6)
    assert {result.id for result in results} == {held.id}
    assert crowd.count("SELECT 1 FROM message WHERE kind = 'appointment-confirmed'") == 1


def test_saying_yes_several_times_too_late_takes_the_time_once(crowd: Crowd, cast: Cast) -> None:
    held = made(crowd, a_hold, clinician=cast.clinician, patient=cast.patient, starts_at=START)
    crowd.alone(lambda session: commands.expire_due(session, at=LATER))
    results = crowd.at_once(*[on(held, commands.confirm, by=cast.ana, at=LATER)] * 6)
    [taken] = {result.id for result in results}
    assert taken != held.id
    assert crowd.count("SELECT 1 FROM message WHERE kind = 'appointment-confirmed'") == 1


def test_a_guests_hold_goes_to_one_patient(crowd: Crowd, cast: Cast) -> None:
    held = made(crowd, a_hold, clinician=cast.clinician)
    results = crowd.at_once(
        on(held, commands.adopt, patient=cast.patient, by=cast.ana, at=NOW),
        on(held, commands.adopt, patient=cast.stranger, by=cast.zora, at=NOW),
    )
    [refusal] = split(results)[1]
    assert type(refusal) is BookingExpired


def test_a_move_and_a_cancellation_of_one_appointment(crowd: Crowd, cast: Cast) -> None:
    for start in ROUNDS:
        booked = made(crowd, an_appointment, clinician=cast.clinician, patient=cast.patient)
        moved, cancelled = crowd.at_once(
            moving(booked, key_of(crowd, cast.clinician, start), cast.ana),
            on(booked, commands.cancel, by=cast.fay, at=NOW, late=LateCancellation.NO_REFUND),
        )
        assert not isinstance(cancelled, Exception)
        assert isinstance(moved, Appointment | InvalidStateTransition)
        assert crowd.count("SELECT 1 FROM occupancy") == 0


def test_a_request_that_two_people_accept_is_accepted_once(crowd: Crowd, cast: Cast) -> None:
    careful = crowd.alone(lambda session: a_clinician(session, cast.leeds, requires_acceptance=True))
    asked = made(crowd, an_appointment, clinician=careful, patient=cast.patient)
    results = crowd.at_once(*[on(asked, commands.accept, by=cast.cora, at=NOW)] * 4)
    assert [type(refusal) for refusal in split(results)[1]] == [InvalidStateTransition] * 3
    assert crowd.count("SELECT 1 FROM message WHERE kind = 'appointment-confirmed'") == 1


def test_a_request_is_accepted_or_declined(crowd: Crowd, cast: Cast) -> None:
    careful = crowd.alone(lambda session: a_clinician(session, cast.leeds, requires_acceptance=True))
    for start in ROUNDS:
        asked = made(crowd, an_appointment, clinician=careful, patient=cast.patient, starts_at=start)
        results = crowd.at_once(
            on(asked, commands.accept, by=cast.cora, at=NOW),
            on(asked, commands.decline, by=cast.fay, at=NOW, reason="No"),
        )
        assert [type(refusal) for refusal in split(results)[1]] == [InvalidStateTransition]


def test_a_visit_ends_once_however_many_say_so(crowd: Crowd, cast: Cast) -> None:
    booked = made(crowd, an_appointment, clinician=cast.clinician, patient=cast.patient)
    at = booked.ends_at
    results = crowd.at_once(
        *[on(booked, commands.complete, by=cast.bo, at=at)] * 2,
        *[on(booked, commands.mark_no_show, by=cast.fay, at=at)] * 2,
    )
    assert [type(refusal) for refusal in split(results)[1]] == [InvalidStateTransition] * 3


def test_hours_that_go_while_somebody_books_strand_nobody_unseen(crowd: Crowd, cast: Cast) -> None:
    for day in range(3):
        start = START + timedelta(days=day)
        leave = {"starts_on": start.date(), "ends_on": start.date()}

        def go(session: Session, leave: dict[str, date] = leave) -> object:
            clinician = session.get_one(Clinician, cast.clinician.id)
            change = partial(add_exception, session, clinician, **leave)  # type: ignore[arg-type]
            return commands.guarded(session, [clinician], change, accepted=False, at=NOW)

        left, booked = crowd.at_once(
            go, booking(cast.patient, cast.ana, key_of(crowd, cast.clinician, start))
        )
        assert isinstance(left, WouldStrand) is isinstance(booked, Appointment)
        assert isinstance(booked, Appointment | SlotTaken)


def test_a_clinician_who_goes_for_good_while_somebody_books_leaves_nobody_behind(
    crowd: Crowd, cast: Cast
) -> None:
    for start in ROUNDS:
        leaver = crowd.alone(lambda session: a_clinician(session, cast.leeds))

        def retire(session: Session, leaver: Clinician = leaver) -> object:
            clinician = session.get_one(Clinician, leaver.id)
            return commands.retire_clinician(session, clinician, by=SYSTEM, force=False, at=NOW)

        gone, booked = crowd.at_once(retire, booking(cast.patient, cast.ana, key_of(crowd, leaver, start)))
        assert isinstance(gone, WouldStrand) is isinstance(booked, Appointment)
        assert isinstance(booked, Appointment | NotBookable)
