"""The day of the visit: accept, arrive, start, complete, not come; and the notes that go with it."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.appointments.commands.locking import lock_for_change, lock_row, note, release_time
from portal.appointments.commands.occupying import settle_occupancy
from portal.appointments.errors import InvalidStateTransition, TooEarly
from portal.appointments.events import AppointmentCompleted, AppointmentConfirmed, AppointmentMissed
from portal.appointments.models import Appointment, Status
from portal.appointments.rules import (
    check_can_be_missed,
    check_has_begun,
    check_may_become,
    check_waits_for_acceptance,
)
from portal.core import clock
from portal.core.events import publish
from portal.core.permissions import Actor


def accept(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """The clinician takes a request."""
    lock_for_change(session, appointment)
    check_waits_for_acceptance(appointment)
    if appointment.is_expired(at):
        raise InvalidStateTransition
    before = appointment.status
    appointment.status = Status.CONFIRMED
    appointment.waiting_for = None
    appointment.hold_expires_at = None
    note(session, appointment, kind="accepted", before=before, by=by, at=at)
    settle_occupancy(session, appointment)
    publish(session, AppointmentConfirmed(appointment.id, by, at))


def mark_arrived(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """The patient is here; possible on the day of the visit."""
    lock_row(session, appointment)
    if appointment.status != Status.CONFIRMED:
        raise InvalidStateTransition
    if appointment.arrived_at is not None:
        return
    begins, ends = clock.day_bounds(
        clock.local_day(appointment.starts_at, appointment.zone), appointment.zone
    )
    if at < begins:
        raise TooEarly(appointment.starts_at)
    if at >= ends:
        raise InvalidStateTransition
    appointment.arrived_at = at
    note(session, appointment, kind="arrived", before=appointment.status, by=by, at=at)


def start(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """The session begins, at most a little before its time."""
    lock_row(session, appointment)
    if appointment.status != Status.CONFIRMED:
        raise InvalidStateTransition
    if appointment.started_at is not None:
        return
    if at < appointment.starts_at - EARLY_START:
        raise TooEarly(appointment.starts_at)
    appointment.arrived_at = appointment.arrived_at or at
    appointment.started_at = at
    note(session, appointment, kind="started", before=appointment.status, by=by, at=at)


EARLY_START = timedelta(minutes=60)


def complete(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """The visit took place. What is left of its time is over with it."""
    _conclude(session, appointment, Status.COMPLETED, by=by, at=at)
    appointment.started_at = appointment.started_at or appointment.starts_at
    appointment.arrived_at = appointment.arrived_at or appointment.started_at
    appointment.ended_at = at
    publish(session, AppointmentCompleted(appointment.id, by, at))


def mark_no_show(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """The patient did not come; impossible for somebody who arrived."""
    lock_for_change(session, appointment)
    check_can_be_missed(appointment, at)
    _conclude(session, appointment, Status.NO_SHOW, by=by, at=at)
    publish(session, AppointmentMissed(appointment.id, by, at))


def edit(
    session: Session,
    appointment: Appointment,
    *,
    by: Actor,
    at: datetime,
    clinician_notes: str | None = None,
    patient_notes: str | None = None,
    questions: str | None = None,
    title: str | None = None,
) -> None:
    """Change the texts that are given; time, state and fee have commands of their own."""
    lock_row(session, appointment)
    given = {
        "clinician_notes": clinician_notes,
        "patient_notes": patient_notes,
        "questions": questions,
        "title": title,
    }
    for name, text in given.items():
        if text is not None:
            setattr(appointment, name, text)
    note(session, appointment, kind="edited", before=appointment.status, by=by, at=at)


def _conclude(session: Session, appointment: Appointment, status: Status, *, by: Actor, at: datetime) -> None:
    lock_for_change(session, appointment)
    before = appointment.status
    check_may_become(appointment, status)
    check_has_begun(appointment, at)
    appointment.status = status
    release_time(session, appointment)
    note(session, appointment, kind=status.lower(), before=before, by=by, at=at)
