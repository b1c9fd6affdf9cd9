"""Holding a time while its patient signs in, and finding it again."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands, queries
from portal.appointments.errors import BookingExpired, SlotTaken, TooSoonOrTooFar
from portal.appointments.models import Appointment, Occupancy, Party, Status, Waiting
from portal.appointments.slots import Slot, SlotKey
from portal.core.errors import Forbidden, NotFound
from portal.core.permissions import VISITOR
from portal.people.models import Patient
from portal.scheduling.rules import Refusal
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, a_hold, an_appointment, key_for, slots_of, wall

MINUTE = timedelta(minutes=1)
LATER = NOW + 11 * MINUTE
"""When a hold of ten minutes has run out."""


def hold_as_guest(
    session: Session, key: SlotKey, browser: str = "browser", at: datetime = NOW
) -> Appointment:
    return commands.hold(session, key, by=VISITOR, at=at, minutes=10, holder_hash=browser)


def test_a_hold_keeps_the_time_for_some_minutes(session: Session, cast: Cast, free: list[Slot]) -> None:
    held = hold_as_guest(session, SlotKey.of(free[0]))
    assert (held.status, held.waiting_for) == (Status.PENDING, Waiting.HOLD)
    assert held.hold_expires_at == NOW + 10 * MINUTE
    assert held.booked_at is None
    assert slots_of(session, cast.clinician)[0] == free[1]
    with pytest.raises(SlotTaken) as caught:
        hold_as_guest(session, SlotKey.of(free[0]), browser="another")
    assert caught.value.alternatives == free[1:4]


def test_a_hold_that_has_run_out_counts_as_free_to_the_second(
    session: Session, cast: Cast, free: list[Slot]
) -> None:
    held = hold_as_guest(session, SlotKey.of(free[0]))
    ends = NOW + 10 * MINUTE
    assert slots_of(session, cast.clinician, at=ends - timedelta(seconds=1))[0] == free[1]
    assert slots_of(session, cast.clinician, at=ends)[0] == free[1], "10 minutes later it is too soon for it"
    assert free[0] in slots_of(session, cast.clinician, at=ends, is_staff=True)
    assert held.status == Status.PENDING, "looking changes nothing"


def test_the_next_booking_frees_a_hold_that_has_run_out(
    session: Session, cast: Cast, free: list[Slot], story: Callable[[Appointment], list[str]]
) -> None:
    held = hold_as_guest(session, SlotKey.of(free[5]))
    taken = commands.hold(
        session, SlotKey.of(free[5]), by=cast.ana, at=LATER, minutes=10, patient=cast.patient
    )
    assert taken.id != held.id
    assert story(held) == ["held PENDING", "cancelled CANCELLED"]
    assert (held.cancelled_by, held.cancel_reason) == (Party.SYSTEM, "expired")
    assert session.scalars(select(Occupancy.appointment_id).distinct()).all() == [taken.id]


def test_a_browser_holds_one_time(session: Session, cast: Cast, free: list[Slot]) -> None:
    first = hold_as_guest(session, SlotKey.of(free[0]))
    second = hold_as_guest(session, SlotKey.of(free[1]))
    other = hold_as_guest(session, SlotKey.of(free[2]), browser="another")
    assert [held.status for held in (first, second, other)] == ["CANCELLED", "PENDING", "PENDING"]
    assert (first.cancelled_by, first.cancel_reason) == (Party.PATIENT, "released")
    assert free[0] in slots_of(session, cast.clinician)


def test_a_patient_holds_one_time_whoever_the_clinician(
    session: Session, cast: Cast, free: list[Slot]
) -> None:
    other = a_clinician(session, cast.leeds)
    first = a_hold(session, cast.clinician, patient=cast.patient)
    second = a_hold(session, other, patient=cast.patient)
    assert (first.status, second.status) == (Status.CANCELLED, Status.PENDING)
    assert second.starts_at == first.starts_at, "one's own hold is not in the way of the next"


def test_the_same_time_can_be_held_again_by_its_holder(session: Session, free: list[Slot]) -> None:
    first = hold_as_guest(session, SlotKey.of(free[5]))
    second = hold_as_guest(session, SlotKey.of(free[5]), at=NOW + MINUTE)
    assert (first.status, second.hold_expires_at) == (Status.CANCELLED, NOW + 11 * MINUTE)


def test_a_hold_that_is_refused_leaves_the_one_before_as_it_was(
    session: Session, cast: Cast, free: list[Slot]
) -> None:
    an_appointment(session, clinician=cast.clinician, starts_at=free[1].starts_at)
    first = hold_as_guest(session, SlotKey.of(free[0]))
    attempt = session.begin_nested()
    with pytest.raises(SlotTaken):
        hold_as_guest(session, SlotKey.of(free[1]))
    attempt.rollback()
    session.refresh(first)
    assert first.is_hold


def test_staff_may_hold_several_times_at_once(session: Session, cast: Cast, free: list[Slot]) -> None:
    for slot in free[:2]:
        commands.hold(session, SlotKey.of(slot), by=cast.fay, at=NOW, minutes=10, patient=cast.stranger)
    held = session.scalars(select(Appointment).where(Appointment.waiting_for == Waiting.HOLD)).all()
    assert len(held) == 2


def test_a_time_let_go_is_free_again_and_letting_go_twice_is_fine(
    session: Session, cast: Cast, free: list[Slot], sent: Callable[[Appointment], list[str]]
) -> None:
    held = hold_as_guest(session, SlotKey.of(free[0]))
    for _ in range(2):
        commands.release(session, held, by=VISITOR, at=NOW)
    assert (held.status, held.cancelled_by) == (Status.CANCELLED, Party.PATIENT)
    assert slots_of(session, cast.clinician) == free
    assert sent(held) == [], "nobody is told of a time that was only held"


def test_signing_in_gives_the_hold_its_patient(
    session: Session, cast: Cast, free: list[Slot], taken_by: Callable[[Appointment], int]
) -> None:
    held = hold_as_guest(session, SlotKey.of(free[0]))
    assert taken_by(held) == 1
    for _ in range(2):
        commands.adopt(session, held, cast.patient, by=cast.ana, at=NOW)
    assert taken_by(held) == 2
    assert (held.patient_id, held.booked_by_id) == (cast.patient.id, cast.ana.account_id)
    confirmed = commands.confirm(session, held, by=cast.ana, at=NOW)
    assert confirmed is held
    assert confirmed.patient is cast.patient
    assert confirmed.status == Status.CONFIRMED


def test_notice_that_runs_out_while_the_patient_signs_in_costs_nobody_the_time(
    session: Session, cast: Cast, free: list[Slot]
) -> None:
    held = hold_as_guest(session, SlotKey.of(free[0]))
    assert free[0].starts_at - NOW == timedelta(hours=24), "held at the last moment"
    commands.adopt(session, held, cast.patient, by=cast.ana, at=NOW + 5 * MINUTE)
    assert commands.confirm(session, held, by=cast.ana, at=NOW + 6 * MINUTE).status == Status.CONFIRMED


def test_somebody_who_is_busy_then_cannot_take_over_a_hold(
    session: Session, cast: Cast, free: list[Slot]
) -> None:
    elsewhere = a_clinician(session, cast.leeds)
    an_appointment(session, clinician=elsewhere, patient=cast.patient, starts_at=free[0].starts_at)
    held = hold_as_guest(session, SlotKey.of(free[0]))
    with pytest.raises(SlotTaken) as caught:
        commands.adopt(session, held, cast.patient, by=cast.ana, at=NOW)
    assert caught.value.refusal is Refusal.ENGAGED
    assert caught.value.alternatives


def test_taking_over_a_hold_lets_go_of_the_patients_other_one(session: Session, cast: Cast) -> None:
    before = a_hold(session, cast.clinician, patient=cast.patient)
    guest = a_hold(session, a_clinician(session, cast.leeds))
    commands.adopt(session, guest, cast.patient, by=cast.ana, at=NOW)
    assert (before.status, guest.patient_id) == (Status.CANCELLED, cast.patient.id)


def test_a_hold_cannot_be_taken_from_somebody(session: Session, cast: Cast, free: list[Slot]) -> None:
    held = a_hold(session, cast.clinician, patient=cast.patient)
    with pytest.raises(BookingExpired):
        commands.adopt(session, held, cast.stranger, by=cast.zora, at=NOW)
    guest = a_hold(session, cast.clinician)
    with pytest.raises(Forbidden):
        commands.adopt(session, guest, cast.patient, by=cast.zora, at=NOW)
    commands.release(session, guest, by=VISITOR, at=NOW)
    with pytest.raises(BookingExpired):
        commands.adopt(session, guest, cast.stranger, by=cast.zora, at=NOW)


class TestFindingAHold:
    """A hold belongs to a browser until it belongs to a patient."""

    def find(
        self, session: Session, held: Appointment, browser: str | None, patient: Patient | None
    ) -> Appointment:
        patient_ids = [patient.id] if patient else []
        return queries.get_held(session, held.uid, holder_hash=browser, patient_ids=patient_ids)

    def test_by_the_browser_that_took_it(self, session: Session, cast: Cast, free: list[Slot]) -> None:
        held = hold_as_guest(session, SlotKey.of(free[0]))
        assert self.find(session, held, "browser", None) is held
        for browser, patient in (("another", None), (None, None), (None, cast.patient)):
            with pytest.raises(NotFound):
                self.find(session, held, browser, patient)

    def test_and_afterwards_only_by_its_patient(self, session: Session, cast: Cast, free: list[Slot]) -> None:
        held = hold_as_guest(session, SlotKey.of(free[0]))
        commands.adopt(session, held, cast.patient, by=cast.ana, at=NOW)
        session.flush()
        assert self.find(session, held, None, cast.patient) is held
        for browser, patient in (("browser", None), ("browser", cast.stranger)):
            with pytest.raises(NotFound):
                self.find(session, held, browser, patient)

    def test_only_while_it_lasts_is_it_the_current_one(self, session: Session, free: list[Slot]) -> None:
        held = hold_as_guest(session, SlotKey.of(free[0]))

        def current(at: datetime, browser: str | None = "browser") -> Appointment | None:
            return queries.current_hold(session, at=at, holder_hash=browser, patient_ids=())

        assert current(NOW) is held
        assert current(NOW, browser="another") is None
        assert current(NOW, browser=None) is None
        assert current(LATER) is None


def test_a_held_time_is_not_in_lists_of_appointments_but_in_the_diary(
    session: Session, cast: Cast, free: list[Slot]
) -> None:
    held = hold_as_guest(session, SlotKey.of(free[0]))
    start, end = wall("2026-03-02 00:00"), wall("2026-03-09 00:00")
    assert queries.search(session, cast.ada, queries.Filters(), at=NOW).total == 0
    assert queries.between(session, cast.ada, start, end) == [held]
    with pytest.raises(NotFound):
        queries.get_visible(session, cast.ada, held.id)
    with pytest.raises(NotFound):
        queries.get_visible(session, cast.fay, held.id)


def test_a_time_in_the_past_cannot_be_held(session: Session, cast: Cast) -> None:
    key = key_for(session, cast.clinician, wall("2026-02-27 10:00"))
    with pytest.raises(TooSoonOrTooFar) as caught:
        hold_as_guest(session, key)
    assert caught.value.refusal is Refusal.PAST
