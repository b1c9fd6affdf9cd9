"""Lock first, then look, then write.

Whoever gives away or frees time takes the rows of all resources involved, in id order, and only then appointments.
Racing inserts on the exclusion constraint alone would deadlock with each other; the constraint stays as the truth.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.appointments.events import AppointmentCancelled
from portal.appointments.models import Appointment, AppointmentChange, Occupancy, Party, Status
from portal.core.events import publish
from portal.core.permissions import SYSTEM, Actor
from portal.people.models import Resource


def lock_resources(session: Session, resource_ids: Collection[int]) -> None:
    """Nobody else gives away the time of these resources until this transaction ends."""
    statement = select(Resource.id).where(Resource.id.in_(resource_ids)).order_by(Resource.id)
    session.execute(statement.with_for_update(key_share=True))


def lock_for_change(session: Session, appointment: Appointment, *also: int) -> None:
    """Lock the appointment's resources (and `also` these), then its row, and read it afresh."""
    ids = {appointment.clinician.resource_id, *also}
    if appointment.patient is not None:
        ids.add(appointment.patient.resource_id)
    lock_resources(session, ids)
    lock_row(session, appointment)


def lock_row(session: Session, appointment: Appointment) -> None:
    """Lock the appointment's row alone, for what changes no time, and read it afresh."""
    session.execute(
        select(Appointment)
        .where(Appointment.id == appointment.id)
        .with_for_update(of=Appointment)
        .execution_options(populate_existing=True)
    ).scalar_one()


def expire_stale(session: Session, resource_ids: Collection[int], at: datetime) -> None:
    """End the expired holds that still stand in the way of these resources."""
    stale = select(Occupancy.appointment_id).where(
        Occupancy.resource_id.in_(resource_ids), Occupancy.held_until <= at
    )
    expired = select(Appointment).where(Appointment.id.in_(stale)).with_for_update(of=Appointment)
    for appointment in session.scalars(expired.order_by(Appointment.id)):
        if appointment.is_expired(at):
            expire(session, appointment, at)


EXPIRED = "expired"


def expire(session: Session, appointment: Appointment, at: datetime) -> None:
    """End a pending appointment whose time to wait is over; its row must be locked."""
    end(session, appointment, by=SYSTEM, party=Party.SYSTEM, reason=EXPIRED, at=at)


def end(
    session: Session, appointment: Appointment, *, by: Actor, party: Party, reason: str, at: datetime
) -> None:
    """Cancel, free the time and say so; what may be cancelled was checked by the caller."""
    before, was_hold = appointment.status, appointment.booked_at is None
    appointment.status = Status.CANCELLED
    appointment.waiting_for = None
    appointment.hold_expires_at = None
    appointment.cancelled_at = at
    appointment.cancelled_by = party
    appointment.cancel_reason = reason
    release_time(session, appointment)
    note(session, appointment, kind="cancelled", before=before, by=by, reason=reason, at=at)
    publish(session, AppointmentCancelled(appointment.id, by, at, was_hold=was_hold))


def release_time(session: Session, appointment: Appointment) -> None:
    """Give the time back to all resources of the appointment."""
    session.execute(delete(Occupancy).where(Occupancy.appointment_id == appointment.id))


def note(
    session: Session,
    appointment: Appointment,
    *,
    kind: str,
    before: str | None,
    by: Actor,
    at: datetime,
    reason: str = "",
) -> None:
    """Raise the version and write a line of history; `before` is the status until now."""
    appointment.version = (appointment.version or 0) + (before is not None)
    appointment.updated_at = at
    session.flush()
    session.add(
        AppointmentChange(
            appointment_id=appointment.id,
            kind=kind,
            from_status=before,
            to_status=appointment.status,
            starts_at=appointment.starts_at,
            version=appointment.version,
            reason=reason,
            by_account_id=by.account_id,
            by_name=by.full_name,
            changed_at=at,
        )
    )
