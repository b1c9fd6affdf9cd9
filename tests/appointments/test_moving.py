"""Moving an appointment: to another time that is free, or not at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import (
    InvalidStateTransition,
    NotBookable,
    SlotTaken,
    TooLateToReschedule,
    TooSoonOrTooFar,
)
from portal.appointments.models import Appointment, Status
from portal.appointments.slots import SlotKey
from portal.audit.models import AuditEntry
from portal.core.errors import Forbidden
from portal.core.permissions import Actor
from portal.scheduling.rules import Refusal
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import (
    a_centre,
    a_clinician,
    a_hold,
    a_service,
    an_appointment,
    key_for,
    service_of,
    slots_of,
    wall,
    week,
)

HOUR = timedelta(hours=1)
START = wall("2026-03-10 10:00")


@pytest.fixture
def booked(session: Session, cast: Cast) -> Appointment:
    """Ana's visit on a Tuesday at ten."""
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=START)


def move(session: Session, appointment: Appointment, start: str, by: Actor, **more: Any) -> Appointment:
    key = key_for(session, appointment.clinician, wall(start))
    return commands.reschedule(session, appointment, key, by=by, **{"at": NOW, **more})


def test_a_patient_moves_a_visit_and_all_else_stays(
    session: Session,
    cast: Cast,
    booked: Appointment,
    taken_by: Callable[[Appointment], int],
    sent: Callable[[Appointment], list[str]],
) -> None:
    booked.fee_minor = 4200
    before = {
        name: getattr(booked, name) for name in ("id", "uid", "patient_id", "clinician_id", "booked_at")
    }
    moved = move(session, booked, "2026-03-12 14:00", cast.ana, reason="Work")
    session.flush()
    assert moved is booked
    assert {name: getattr(moved, name) for name in before} == before
    assert (moved.fee_minor, moved.status, moved.version) == (4200, Status.CONFIRMED, 2)
    assert moved.starts_at == wall("2026-03-12 14:00")
    assert moved.ends_at - moved.starts_at == HOUR
    assert taken_by(moved) == 2
    assert sent(moved) == ["appointment-confirmed"]  # at its new time: nobody had been told of the old one


def test_the_old_time_is_free_and_the_new_one_is_taken(
    session: Session, cast: Cast, booked: Appointment
) -> None:
    move(session, booked, "2026-03-12 14:00", cast.ana)
    listed = {slot.starts_at for slot in slots_of(session, cast.clinician)}
    assert START in listed
    assert wall("2026-03-12 14:00") not in listed


def test_a_visit_may_move_into_time_that_it_has_itself(session: Session, cast: Cast) -> None:
    clinician = a_clinician(session, cast.leeds, minutes=60, slot_minutes=30)
    booked = an_appointment(session, clinician=clinician, patient=cast.patient, starts_at=START)
    assert move(session, booked, "2026-03-10 10:30", cast.ana).starts_at == START + HOUR / 2
    assert move(session, booked, "2026-03-10 10:30", cast.ana).starts_at == START + HOUR / 2


@pytest.mark.parametrize(
    ("start", "refusal"),
    [
        ("2026-03-10 12:00", Refusal.TAKEN),
        ("2026-03-10 11:00", Refusal.ENGAGED),
        ("2026-03-10 20:00", Refusal.OUTSIDE_HOURS),
        ("2026-03-02 14:00", Refusal.TOO_SOON),
        ("2026-03-01 14:00", Refusal.PAST),
        ("2026-09-01 14:00", Refusal.TOO_FAR),
    ],
)
def test_a_refused_move_keeps_the_old_time(
    session: Session, cast: Cast, booked: Appointment, start: str, refusal: Refusal
) -> None:
    an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-10 12:00"))
    elsewhere = a_clinician(session, cast.leeds)
    an_appointment(session, clinician=elsewhere, patient=cast.patient, starts_at=wall("2026-03-10 11:00"))
    with pytest.raises(SlotTaken) as caught:
        move(session, booked, start, cast.ana)
    session.flush()
    session.refresh(booked)
    breaks_a_booking_rule = refusal in {Refusal.PAST, Refusal.TOO_SOON, Refusal.TOO_FAR}
    assert caught.value.refusal is refusal
    assert type(caught.value) is (TooSoonOrTooFar if breaks_a_booking_rule else SlotTaken)
    assert (booked.starts_at, booked.version) == (START, 1)
    assert START not in {slot.starts_at for slot in slots_of(session, cast.clinician)}
    assert len(caught.value.alternatives) == 3
    for slot in caught.value.alternatives:
        commands.reschedule(session, booked, SlotKey.of(slot), by=cast.ana, at=NOW)


def test_a_patient_moves_until_the_deadline_and_staff_until_it_begins(
    session: Session, cast: Cast, booked: Appointment
) -> None:
    deadline = START - 24 * HOUR
    move(session, booked, "2026-03-10 11:00", cast.ana, at=deadline)
    move(session, booked, "2026-03-10 10:00", cast.cora, at=deadline + HOUR)
    with pytest.raises(TooLateToReschedule):
        move(session, booked, "2026-03-12 11:00", cast.ana, at=deadline + timedelta(seconds=1))
    move(session, booked, "2026-03-10 14:00", cast.bo, at=START - timedelta(minutes=1))
    assert booked.starts_at == wall("2026-03-10 14:00")
    with pytest.raises(InvalidStateTransition):
        move(session, booked, "2026-03-12 11:00", cast.cora, at=booked.starts_at)


def test_a_visit_that_was_started_early_does_not_move(
    session: Session, cast: Cast, booked: Appointment
) -> None:
    commands.start(session, booked, by=cast.bo, at=START - HOUR)
    with pytest.raises(InvalidStateTransition):
        move(session, booked, "2026-03-12 11:00", cast.cora, at=START - HOUR / 2)


def test_staff_move_around_notice_and_that_is_audited(
    session: Session, cast: Cast, booked: Appointment
) -> None:
    move(session, booked, "2026-03-12 14:00", cast.cora)
    move(session, booked, "2026-03-02 14:00", cast.cora)
    session.flush()
    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "appointment.override-rule")
    ).all()
    why = {"rules": ["TOO_SOON"], "reason": ""}
    assert [(entry.subject_id, entry.detail) for entry in entries] == [(booked.id, why)]


def test_a_request_moves_with_its_wait(session: Session, cast: Cast) -> None:
    cast.clinician.requires_acceptance = True
    asked = an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=START)
    move(session, asked, "2026-03-12 14:00", cast.ana, at=START - HOUR)
    assert asked.status == Status.PENDING
    assert asked.hold_expires_at == asked.starts_at
    assert commands.expire_due(session, at=START) == 0
    commands.accept(session, asked, by=cast.bo, at=START)
    assert asked.status == Status.CONFIRMED


def test_an_expired_hold_is_no_obstacle_and_a_living_one_is(
    session: Session, cast: Cast, booked: Appointment
) -> None:
    a_hold(session, cast.clinician, starts_at=wall("2026-03-12 14:00"))
    with pytest.raises(SlotTaken):
        move(session, booked, "2026-03-12 14:00", cast.ana)
    move(session, booked, "2026-03-12 14:00", cast.ana, at=NOW + timedelta(minutes=10))
    assert booked.starts_at == wall("2026-03-12 14:00")


def test_somebody_who_arrived_for_the_old_time_has_not_arrived_for_the_new_one(
    session: Session, cast: Cast, booked: Appointment
) -> None:
    commands.mark_arrived(session, booked, by=cast.fay, at=START - HOUR)
    move(session, booked, "2026-03-12 14:00", cast.cora, at=START - HOUR / 2)
    assert booked.arrived_at is None


def test_a_move_is_to_the_same_clinician_and_service(
    session: Session, cast: Cast, booked: Appointment
) -> None:
    other = a_clinician(session, cast.leeds)
    shorter = a_service(session, cast.clinician)
    here = SlotKey(
        cast.clinician.id, cast.leeds.id, service_of(session, cast.clinician).id, START + 24 * HOUR
    )
    for changes in (
        {"clinician_id": other.id, "service_id": service_of(session, other).id},
        {"service_id": shorter.id},
        {"centre_id": None},
    ):
        key = SlotKey(**{**{name: getattr(here, name) for name in SlotKey.__slots__}, **changes})
        with pytest.raises(NotBookable):
            commands.reschedule(session, booked, key, by=cast.ada, at=NOW)


def test_a_move_may_be_to_another_centre_and_takes_its_zone(session: Session, cast: Cast) -> None:
    paris = a_centre(session, city="Paris", time_zone="Europe/Paris")
    hours = [*week("Tue 9-12", cast.leeds), *week("Wed 9-12", paris)]
    clinician = a_clinician(session, cast.leeds, paris, hours=hours)
    booked = an_appointment(session, clinician=clinician, patient=cast.patient, starts_at=START)
    start = wall("2026-03-11 09:00", "Europe/Paris")
    key = SlotKey(clinician.id, paris.id, booked.service_id, start)
    with pytest.raises(Forbidden):
        commands.reschedule(session, booked, key, by=cast.cora, at=NOW)
    commands.reschedule(session, booked, key, by=cast.ana, at=NOW)
    assert (booked.centre_id, booked.time_zone, booked.starts_at) == (paris.id, "Europe/Paris", start)
    assert booked.centre is paris


def test_a_move_takes_the_pauses_that_hold_now(session: Session, cast: Cast, booked: Appointment) -> None:
    service = service_of(session, cast.clinician)
    service.buffer_after_minutes = 15
    session.flush()
    move(session, booked, "2026-03-12 09:00", cast.ana)
    assert booked.buffer_after_minutes == 15
    assert wall("2026-03-12 10:00") not in {slot.starts_at for slot in slots_of(session, cast.clinician)}
