"""People who change the same thing at the same moment: it changes once, and nobody is lost in between."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import (
    AskedToday,
    BookingExpired,
    InvalidStateTransition,
    NotBookable,
    SlotTaken,
    WouldStrand,
)
from portal.appointments.models import Appointment
from portal.centres.models import Centre
from portal.core.permissions import SYSTEM
from portal.people.models import Clinician
from portal.scheduling.commands import add_exception
from portal.scheduling.rules import Refusal
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.concurrency.acts import LATER, ROUNDS, START, booking, key_of, made, moving, on, split
from tests.concurrency.crowd import Crowd
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, a_hold, an_appointment

pytestmark = pytest.mark.concurrency


def test_saying_yes_several_times_at_once_is_saying_it_once(crowd: Crowd, cast: Cast) -> None:
    held = made(crowd, a_hold, clinician=cast.clinician, patient=cast.patient)
    results = crowd.at_once(*[on(held, commands.confirm, by=cast.ana, at=NOW)] * 6)
    assert {result.id for result in results} == {held.id}
    assert crowd.count("SELECT 1 FROM message WHERE kind = 'appointment-confirmed'") == 1


def test_a_held_time_that_ana_makes_hers_twice_at_once_is_hers_once(crowd: Crowd, cast: Cast) -> None:
    for start in ROUNDS:
        held = made(crowd, a_hold, clinician=cast.clinician, starts_at=start)
        hers = on(held, commands.adopt, patient=cast.patient, by=cast.ana, at=NOW)
        assert split(crowd.at_once(*[hers] * 4))[1] == []
        crowd.check_the_books()
    assert crowd.count("SELECT 1 FROM appointment WHERE waiting_for = 'HOLD'") == 1


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


def test_a_clinician_who_is_switched_off_while_somebody_says_yes_has_them_in_the_list_or_not_at_all(
    crowd: Crowd, cast: Cast
) -> None:
    for start in ROUNDS:
        clinician = crowd.alone(lambda session: a_clinician(session, cast.leeds))
        held = made(crowd, a_hold, clinician=clinician, patient=cast.patient, starts_at=start)

        def switch_off(session: Session, clinician: Clinician = clinician) -> list[Appointment]:
            one = session.get_one(Clinician, clinician.id)
            commands.switch_clinician(session, one, by=SYSTEM, is_active=False, at=NOW)
            return commands.coming_appointments(session, at=NOW, clinician_id=one.id)

        left, confirmed = crowd.at_once(switch_off, on(held, commands.confirm, by=cast.ana, at=NOW))
        assert isinstance(confirmed, Appointment | NotBookable)
        assert len(left) == isinstance(confirmed, Appointment)


def test_a_centre_that_closes_while_somebody_says_yes_has_them_in_the_list_or_not_at_all(
    crowd: Crowd, cast: Cast
) -> None:
    for start in ROUNDS:
        centre = crowd.alone(a_centre)
        clinician = crowd.alone(partial(_working_at, centre=centre))
        held = made(crowd, a_hold, clinician=clinician, patient=cast.patient, starts_at=start)

        def close(session: Session, centre: Centre = centre) -> list[Appointment]:
            commands.switch_centre(
                session, session.get_one(Centre, centre.id), by=SYSTEM, is_active=False, at=NOW
            )
            return commands.coming_appointments(session, at=NOW, centre_id=centre.id)

        left, confirmed = crowd.at_once(close, on(held, commands.confirm, by=cast.ana, at=NOW))
        assert isinstance(confirmed, Appointment | NotBookable)
        assert len(left) == isinstance(confirmed, Appointment)


def test_leave_while_somebody_says_yes_strands_nobody_unseen(crowd: Crowd, cast: Cast) -> None:
    for day in range(3):
        start = START + timedelta(days=day)
        held = made(crowd, a_hold, clinician=cast.clinician, patient=cast.patient, starts_at=start)
        leave = {"starts_on": start.date(), "ends_on": start.date()}

        def go(session: Session, leave: dict[str, date] = leave) -> object:
            clinician = session.get_one(Clinician, cast.clinician.id)
            change = partial(add_exception, session, clinician, **leave)  # type: ignore[arg-type]
            return commands.guarded(session, [clinician], change, accepted=False, at=NOW)

        left, confirmed = crowd.at_once(go, on(held, commands.confirm, by=cast.ana, at=NOW))
        assert isinstance(left, WouldStrand) is isinstance(confirmed, Appointment)
        assert isinstance(confirmed, Appointment | SlotTaken)


def _working_at(session: Session, centre: Centre) -> Clinician:
    return a_clinician(session, session.get_one(Centre, centre.id))


def test_a_patient_whom_two_colleagues_ask_at_once_is_asked_once(crowd: Crowd, cast: Cast) -> None:
    visit = made(crowd, an_appointment, clinician=cast.clinician, patient=cast.patient, starts_at=START)
    ask = on(visit, commands.ask_to_move, by=cast.fay, at=NOW)
    refusals = split(crowd.at_once(*[ask] * 4))[1]
    assert [type(refusal) for refusal in refusals] == [AskedToday] * 3
    assert crowd.count("SELECT DISTINCT round FROM delivery WHERE kind = 'appointment-move-asked'") == 1


def test_two_visits_moved_to_one_closed_hour_at_once_meet_only_knowingly(crowd: Crowd, cast: Cast) -> None:
    closed = replace(key_of(crowd, cast.clinician), starts_at=START.replace(hour=20))
    rules = frozenset({Refusal.OUTSIDE_HOURS})
    visits = [made(crowd, an_appointment, clinician=cast.clinician, starts_at=at) for at in ROUNDS[:2]]
    anyway = [
        on(one, commands.reschedule, key=closed, by=cast.cora, at=NOW, reason="Urgent", overriding=rules)
        for one in visits
    ]
    [moved], [told] = split(crowd.at_once(*anyway))
    assert (moved.starts_at, moved.is_overbooked) == (closed.starts_at, False)
    assert isinstance(told, SlotTaken)
    assert told.rules == [Refusal.TAKEN]
    crowd.check_the_books()
