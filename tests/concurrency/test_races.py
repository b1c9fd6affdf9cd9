"""People who want the same time at the same moment: one has it, the others are told what else there is."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import (
    SlotTaken,
)
from portal.appointments.models import Appointment, Status
from portal.appointments.slots import SlotKey
from portal.core.permissions import Role
from tests.cast import Cast
from tests.concurrency.acts import (
    LATER,
    ROUNDS,
    START,
    booking,
    check_one_of_them_has_it,
    holding,
    key_of,
    made,
    moving,
    on,
    split,
)
from tests.concurrency.crowd import Act, Crowd
from tests.factories import a_clinician, a_hold, a_patient, an_actor, an_appointment, key_for, wall

pytestmark = pytest.mark.concurrency


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
