"""Cancelling: what it means for the patient depends on who does it, when, and what the practice has decided."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import CancellationNotAllowed, InvalidStateTransition
from portal.appointments.models import Appointment, Party, Status
from portal.appointments.rules import CancellationOutcome, party_of
from portal.appointments.slots import Slot, SlotKey
from portal.core.permissions import SYSTEM, VISITOR
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, an_appointment, slots_of, wall

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
NO_REFUND, REQUEST, REFUSE = LateCancellation.NO_REFUND, LateCancellation.REQUEST, LateCancellation.REFUSE
FREE, LATE = CancellationOutcome.FREE, CancellationOutcome.LATE


@pytest.fixture
def booked(session: Session, cast: Cast) -> Appointment:
    """Ana's visit, with a deadline of 24 hours."""
    start = wall("2026-03-10 10:00")
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=start)


def deadline(appointment: Appointment) -> datetime:
    return appointment.starts_at - 24 * HOUR


@pytest.mark.parametrize("late", LateCancellation)
def test_until_the_deadline_a_patient_cancels_free_of_charge(
    session: Session, cast: Cast, booked: Appointment, late: LateCancellation
) -> None:
    terms = commands.terms_for(session, booked, by=cast.ana, at=deadline(booked), late=late)
    assert (terms.outcome, terms.free_until) == (FREE, deadline(booked))
    assert booked.status == Status.CONFIRMED, "asking changes nothing"
    done = commands.cancel(
        session, booked, by=cast.ana, at=deadline(booked), late=late, reason="I have a cold"
    )
    assert done == terms
    assert booked.status == Status.CANCELLED
    assert (booked.cancelled_by, booked.cancel_reason) == (Party.PATIENT, "I have a cold")
    assert booked.cancelled_at == deadline(booked)


def test_after_the_deadline_it_is_late_where_the_practice_keeps_the_fee(
    session: Session, cast: Cast, booked: Appointment
) -> None:
    at = deadline(booked) + SECOND
    terms = commands.cancel(session, booked, by=cast.ana, at=at, late=NO_REFUND)
    assert terms.outcome is LATE
    assert booked.status == Status.CANCELLED


def test_after_the_deadline_it_is_refused_where_the_practice_wants_a_call(
    session: Session, cast: Cast, booked: Appointment, taken_by: Callable[[Appointment], int]
) -> None:
    at = deadline(booked) + SECOND
    terms = commands.terms_for(session, booked, by=cast.ana, at=at, late=REFUSE)
    assert terms.outcome is CancellationOutcome.REFUSED
    with pytest.raises(CancellationNotAllowed):
        commands.cancel(session, booked, by=cast.ana, at=at, late=REFUSE)
    assert booked.status == Status.CONFIRMED
    assert taken_by(booked) == 2


class TestRequests:
    """Where the practice decides on late cancellations, the patient asks and staff answer."""

    @pytest.fixture
    def asked(self, session: Session, cast: Cast, booked: Appointment) -> Appointment:
        at = deadline(booked) + HOUR
        terms = commands.cancel(session, booked, by=cast.ana, at=at, late=REQUEST, reason="Ill")
        assert terms.outcome is CancellationOutcome.REQUEST
        return booked

    def test_asking_keeps_the_appointment(
        self, asked: Appointment, story: Callable[[Appointment], list[str]]
    ) -> None:
        assert asked.status == Status.CONFIRMED
        assert asked.cancellation_requested_at == deadline(asked) + HOUR
        assert story(asked)[-1] == "cancellation-requested CONFIRMED"

    def test_asking_again_does_not_move_the_first_request(
        self, session: Session, cast: Cast, asked: Appointment
    ) -> None:
        commands.cancel(session, asked, by=cast.ana, at=deadline(asked) + 2 * HOUR, late=REQUEST)
        assert asked.cancellation_requested_at == deadline(asked) + HOUR

    def test_staff_say_yes_by_cancelling(self, session: Session, cast: Cast, asked: Appointment) -> None:
        terms = commands.cancel(session, asked, by=cast.fay, at=deadline(asked) + 2 * HOUR, late=REQUEST)
        assert terms.outcome is FREE
        assert (asked.status, asked.cancelled_by) == (Status.CANCELLED, Party.CENTRE)

    def test_staff_say_no_and_the_appointment_stands(
        self,
        session: Session,
        cast: Cast,
        asked: Appointment,
        story: Callable[[Appointment], list[str]],
    ) -> None:
        commands.keep(session, asked, by=cast.fay, at=NOW)
        assert asked.cancellation_requested_at is None
        assert story(asked)[-1] == "cancellation-request-refused CONFIRMED"
        with pytest.raises(InvalidStateTransition):
            commands.keep(session, asked, by=cast.fay, at=NOW)

    def test_a_visit_that_is_moved_is_no_longer_asked_to_be_cancelled(
        self, session: Session, cast: Cast, asked: Appointment
    ) -> None:
        later = next(slot for slot in slots_of(session, cast.clinician) if slot.starts_at > asked.starts_at)
        commands.reschedule(session, asked, SlotKey.of(later), by=cast.cora, at=NOW)
        assert asked.cancellation_requested_at is None


def test_each_clinician_has_a_deadline_of_their_own(session: Session, cast: Cast) -> None:
    strict = an_appointment(
        session,
        clinician=a_clinician(session, cast.leeds, deadline_hours=72),
        patient=cast.patient,
        starts_at=wall("2026-03-10 10:00"),
    )
    easy = an_appointment(
        session,
        clinician=a_clinician(session, cast.leeds, deadline_hours=0),
        patient=cast.patient,
        starts_at=wall("2026-03-11 10:00"),
    )
    day_before = strict.starts_at - 48 * HOUR
    outcomes = [
        commands.terms_for(session, visit, by=cast.ana, at=at, late=NO_REFUND).outcome
        for visit, at in ((strict, day_before), (easy, easy.starts_at - SECOND))
    ]
    assert outcomes == [LATE, FREE]


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("bo", Party.CLINICIAN),
        ("fay", Party.CENTRE),
        ("cora", Party.CENTRE),
        ("ada", Party.CENTRE),
        ("ana", Party.PATIENT),
    ],
)
def test_it_is_kept_who_cancelled(
    session: Session, cast: Cast, booked: Appointment, name: str, party: Party
) -> None:
    commands.cancel(session, booked, by=getattr(cast, name), at=NOW, late=NO_REFUND)
    assert booked.cancelled_by == party


def test_the_system_and_a_visitor_have_their_sides_too() -> None:
    assert (party_of(SYSTEM), party_of(VISITOR)) == (Party.SYSTEM, Party.PATIENT)


@pytest.mark.parametrize("late", LateCancellation)
def test_staff_cancel_free_of_charge_until_it_begins(
    session: Session, cast: Cast, booked: Appointment, late: LateCancellation
) -> None:
    at = booked.starts_at - SECOND
    assert commands.cancel(session, booked, by=cast.fay, at=at, late=late).outcome is FREE


def test_what_has_begun_is_not_cancelled_by_anybody(
    session: Session, cast: Cast, booked: Appointment
) -> None:
    for by in (cast.ana, cast.bo, cast.ada):
        with pytest.raises(CancellationNotAllowed, match="already begun"):
            commands.cancel(session, booked, by=by, at=booked.starts_at, late=NO_REFUND)
    commands.start(session, booked, by=cast.bo, at=booked.starts_at - 10 * SECOND)
    with pytest.raises(CancellationNotAllowed, match="already begun"):
        commands.cancel(session, booked, by=cast.fay, at=booked.starts_at - 5 * SECOND, late=NO_REFUND)


def test_a_request_that_waits_for_the_clinician_is_always_free_to_cancel(
    session: Session, cast: Cast
) -> None:
    cast.clinician.requires_acceptance = True
    asked = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    terms = commands.cancel(session, asked, by=cast.ana, at=asked.starts_at - SECOND, late=REFUSE)
    assert terms.outcome is FREE
    assert asked.status == Status.CANCELLED


def test_a_cancelled_time_can_be_booked_again_and_the_patient_is_told(
    session: Session,
    cast: Cast,
    free: list[Slot],
    sent: Callable[[Appointment], list[str]],
) -> None:
    booked = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    commands.cancel(session, booked, by=cast.ana, at=NOW, late=NO_REFUND)
    assert slots_of(session, cast.clinician) == free
    assert sent(booked) == ["appointment-cancelled"]
    again = an_appointment(session, clinician=cast.clinician, patient=cast.stranger)
    assert again.starts_at == booked.starts_at
