"""Accepting a request, and the day of the visit."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import InvalidStateTransition, TooEarly
from portal.appointments.models import Appointment, Party, Status, Waiting
from portal.appointments.slots import Slot
from portal.core.permissions import SYSTEM
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, a_hold, an_appointment, slots_of, wall

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class TestAcceptance:
    """A clinician who wants to be asked."""

    @pytest.fixture
    def asked(self, session: Session, cast: Cast) -> Appointment:
        cast.clinician.requires_acceptance = True
        return an_appointment(session, clinician=cast.clinician, patient=cast.patient)

    def test_a_request_keeps_the_time_until_it_is_answered(
        self, session: Session, cast: Cast, free: list[Slot], asked: Appointment
    ) -> None:
        assert slots_of(session, cast.clinician) == free[1:]
        long_after_any_hold = NOW + 20 * HOUR
        assert commands.expire_due(session, at=long_after_any_hold) == 0
        commands.accept(session, asked, by=cast.bo, at=long_after_any_hold)
        assert (asked.status, asked.waiting_for, asked.hold_expires_at) == (Status.CONFIRMED, None, None)

    def test_accepting_tells_the_patient_and_takes_the_time_for_good(
        self,
        session: Session,
        cast: Cast,
        asked: Appointment,
        sent: Callable[[Appointment], list[str]],
        taken_by: Callable[[Appointment], int],
    ) -> None:
        commands.accept(session, asked, by=cast.bo, at=NOW)
        assert sent(asked) == ["appointment-confirmed"]
        assert commands.expire_due(session, at=asked.starts_at + HOUR) == 0
        assert taken_by(asked) == 2

    def test_a_request_is_accepted_once(self, session: Session, cast: Cast, asked: Appointment) -> None:
        commands.accept(session, asked, by=cast.bo, at=NOW)
        for again in (commands.accept, lambda *a, **k: commands.decline(*a, **k, reason="No")):
            with pytest.raises(InvalidStateTransition):
                again(session, asked, by=cast.bo, at=NOW)

    def test_declining_frees_the_time_and_says_why(
        self,
        session: Session,
        cast: Cast,
        free: list[Slot],
        asked: Appointment,
        sent: Callable[[Appointment], list[str]],
    ) -> None:
        commands.decline(session, asked, by=cast.cora, at=NOW, reason="Not my field")
        assert (asked.status, asked.cancelled_by) == (Status.CANCELLED, Party.CLINICIAN)
        assert asked.cancel_reason == "Not my field"
        assert slots_of(session, cast.clinician) == free
        assert sent(asked) == ["appointment-declined"]

    def test_a_request_that_nobody_answered_ends_when_it_would_have_begun(
        self,
        session: Session,
        cast: Cast,
        asked: Appointment,
        sent: Callable[[Appointment], list[str]],
    ) -> None:
        assert commands.expire_due(session, at=asked.starts_at - MINUTE) == 0
        with pytest.raises(InvalidStateTransition):
            commands.accept(session, asked, by=cast.bo, at=asked.starts_at)
        assert commands.expire_due(session, at=asked.starts_at) == 1
        assert (asked.status, asked.cancelled_by) == (Status.CANCELLED, Party.SYSTEM)
        assert sent(asked) == ["appointment-request-expired"]

    def test_a_hold_is_not_the_clinicians_to_accept(self, session: Session, cast: Cast) -> None:
        held = a_hold(session, cast.clinician, patient=cast.patient)
        assert held.waiting_for == Waiting.HOLD
        with pytest.raises(InvalidStateTransition):
            commands.accept(session, held, by=cast.bo, at=NOW)


@pytest.fixture
def booked(session: Session, cast: Cast) -> Appointment:
    """Ana's visit on a Tuesday at ten, in Leeds."""
    start = wall("2026-03-10 10:00")
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=start)


class TestArrival:
    """Arriving is a fact of the day of the visit, by the calendar of the centre."""

    def test_on_the_day_it_is_kept_once(
        self,
        session: Session,
        cast: Cast,
        booked: Appointment,
        story: Callable[[Appointment], list[str]],
    ) -> None:
        at = booked.starts_at - 20 * MINUTE
        commands.mark_arrived(session, booked, by=cast.fay, at=at)
        commands.mark_arrived(session, booked, by=cast.fay, at=at + MINUTE)
        assert (booked.arrived_at, booked.status) == (at, Status.CONFIRMED)
        assert story(booked) == ["confirmed CONFIRMED", "arrived CONFIRMED"]

    @pytest.mark.parametrize(
        ("zone", "at", "refusal"),
        [
            ("Europe/London", "2026-03-09 23:59", TooEarly),
            ("Europe/London", "2026-03-10 00:00", None),
            ("Europe/London", "2026-03-10 23:59", None),
            ("Europe/London", "2026-03-11 00:00", InvalidStateTransition),
            ("Pacific/Auckland", "2026-03-09 23:59", TooEarly),
            ("Pacific/Auckland", "2026-03-10 00:00", None),
            ("America/Los_Angeles", "2026-03-10 23:59", None),
            ("America/Los_Angeles", "2026-03-11 00:00", InvalidStateTransition),
        ],
    )
    def test_the_day_is_the_centres(
        self, session: Session, zone: str, at: str, refusal: type[Exception] | None
    ) -> None:
        clinician = a_clinician(session, a_centre(session, time_zone=zone))
        booked = an_appointment(session, clinician=clinician, starts_at=wall("2026-03-10 10:00", zone))
        if refusal is None:
            commands.mark_arrived(session, booked, by=SYSTEM, at=wall(at, zone))
            assert booked.arrived_at == wall(at, zone)
        else:
            with pytest.raises(refusal):
                commands.mark_arrived(session, booked, by=SYSTEM, at=wall(at, zone))
            assert booked.arrived_at is None


class TestTheSession:
    """Starting, completing, not coming."""

    def test_it_may_start_a_little_early_and_then_the_patient_is_there(
        self, session: Session, cast: Cast, booked: Appointment
    ) -> None:
        early = booked.starts_at - HOUR
        with pytest.raises(TooEarly) as caught:
            commands.start(session, booked, by=cast.bo, at=early - timedelta(seconds=1))
        assert caught.value.starts_at == booked.starts_at
        commands.start(session, booked, by=cast.bo, at=early)
        commands.start(session, booked, by=cast.bo, at=early + MINUTE)
        assert (booked.started_at, booked.arrived_at) == (early, early)

    def test_it_is_completed_once_begun_and_frees_the_rest_of_its_time(
        self, session: Session, cast: Cast, booked: Appointment, taken_by: Callable[[Appointment], int]
    ) -> None:
        for command in (commands.complete, commands.mark_no_show):
            with pytest.raises(TooEarly):
                command(session, booked, by=cast.bo, at=booked.starts_at - timedelta(seconds=1))
        half_past = booked.starts_at + 30 * MINUTE
        commands.complete(session, booked, by=cast.bo, at=half_past)
        assert (booked.status, booked.ended_at) == (Status.COMPLETED, half_past)
        assert (booked.arrived_at, booked.started_at) == (booked.starts_at, booked.starts_at)
        assert taken_by(booked) == 0

    def test_what_was_started_early_may_end_early(
        self, session: Session, cast: Cast, booked: Appointment, taken_by: Callable[[Appointment], int]
    ) -> None:
        started, over = booked.starts_at - 50 * MINUTE, booked.starts_at - 5 * MINUTE
        commands.start(session, booked, by=cast.bo, at=started)
        commands.complete(session, booked, by=cast.bo, at=over)
        assert (booked.status, booked.started_at, booked.ended_at) == (Status.COMPLETED, started, over)
        assert taken_by(booked) == 0

    def test_what_was_noted_before_is_not_overwritten(
        self, session: Session, cast: Cast, booked: Appointment
    ) -> None:
        times = [booked.starts_at + minutes * MINUTE for minutes in (-5, 3, 50)]
        commands.mark_arrived(session, booked, by=cast.fay, at=times[0])
        commands.start(session, booked, by=cast.bo, at=times[1])
        commands.complete(session, booked, by=cast.bo, at=times[2])
        assert [booked.arrived_at, booked.started_at, booked.ended_at] == times

    def test_somebody_who_did_not_come(
        self, session: Session, cast: Cast, booked: Appointment, taken_by: Callable[[Appointment], int]
    ) -> None:
        commands.mark_no_show(session, booked, by=cast.fay, at=booked.starts_at + 15 * MINUTE)
        assert booked.status == Status.NO_SHOW
        assert taken_by(booked) == 0

    def test_somebody_who_arrived_cannot_have_stayed_away(
        self, session: Session, cast: Cast, booked: Appointment
    ) -> None:
        commands.mark_arrived(session, booked, by=cast.fay, at=booked.starts_at)
        with pytest.raises(InvalidStateTransition):
            commands.mark_no_show(session, booked, by=cast.fay, at=booked.ends_at)
        commands.complete(session, booked, by=cast.bo, at=booked.ends_at)


def test_arrival_and_start_are_taken_back_until_the_visit_is_over(
    session: Session, cast: Cast, booked: Appointment
) -> None:
    commands.start(session, booked, by=cast.bo, at=booked.starts_at)
    with pytest.raises(InvalidStateTransition):
        commands.take_back_arrival(session, booked, by=cast.fay, at=booked.starts_at)
    for _ in range(2):
        commands.take_back_start(session, booked, by=cast.bo, at=booked.starts_at)
    assert (booked.arrived_at, booked.started_at) == (booked.starts_at, None)
    for _ in range(2):
        commands.take_back_arrival(session, booked, by=cast.fay, at=booked.starts_at)
    kinds = [line.kind for line in booked.history]
    assert booked.arrived_at is None
    assert [kinds.count(kind) for kind in ("start-taken-back", "arrival-taken-back")] == [1, 1]
    commands.complete(session, booked, by=cast.bo, at=booked.ends_at)
    for take_back in (commands.take_back_arrival, commands.take_back_start):
        with pytest.raises(InvalidStateTransition):
            take_back(session, booked, by=cast.bo, at=booked.ends_at)


def test_the_past_is_swept_out_of_the_way_after_a_day(
    session: Session, booked: Appointment, taken_by: Callable[[Appointment], int]
) -> None:
    def sweep(at: datetime) -> int:
        return commands.sweep_past(session, at=at)

    assert sweep(booked.ends_at + 24 * HOUR) == 0
    assert sweep(booked.ends_at + 24 * HOUR + timedelta(seconds=1)) == 2
    assert taken_by(booked) == 0
    assert booked.status == Status.CONFIRMED, "the appointment itself stays for staff to close"


def test_expired_holds_end_in_batches_oldest_first(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.appointments.commands.upkeep.BATCH", 2)
    held = [a_hold(session, cast.clinician, minutes=minutes) for minutes in (5, 6, 7, 60)]
    at = NOW + 7 * MINUTE
    assert [commands.expire_due(session, at=at) for _ in range(3)] == [2, 1, 0]
    assert [one.status for one in held] == ["CANCELLED", "CANCELLED", "CANCELLED", "PENDING"]
