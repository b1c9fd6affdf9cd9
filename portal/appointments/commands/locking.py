"""Lock first, then look, then write.

Whoever gives away or frees time takes the rows of all resources involved, in id order, and only then appointments.
Racing inserts on the exclusion constraint alone would deadlock with each other; the constraint stays as the truth.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, or_, select
from sqlalchemy.orm import Session

from portal.appointments.commands.announcing import announce_change
from portal.appointments.events import AppointmentCancelled
from portal.appointments.models import Appointment, AppointmentChange, Occupancy, Party, Status, Waiting
from portal.core.errors import NotFound
from portal.core.events import publish
from portal.core.permissions import SYSTEM, Actor
from portal.people.models import Clinician, Patient, Resource


def lock_resources(session: Session, resource_ids: Collection[int]) -> None:
    """Nobody else gives away the time of these resources until this transaction ends.

    Raises NotFound where one was a patient whose record has gone into another meanwhile.
    """
    _lock(session, Resource.id.in_(resource_ids))


def lock_time_of(session: Session, clinician_id: int, patient: Patient | None) -> None:
    """Lock the resources of a clinician and a patient before anything about them is read."""
    clinicians = select(Clinician.resource_id).where(Clinician.id == clinician_id).scalar_subquery()
    theirs = [Resource.id == clinicians, *([Resource.id == patient.resource_id] if patient else [])]
    _lock(session, or_(*theirs))


def lock_for_change(session: Session, appointment: Appointment, *also: int) -> None:
    """Lock the appointment's resources (and `also` these), then its row, and read it afresh."""
    ids = {appointment.clinician.resource_id, *also}
    if appointment.patient is not None:
        ids.add(appointment.patient.resource_id)
    lock_resources(session, ids)
    lock_row(session, appointment)


def lock_row(session: Session, appointment: Appointment) -> None:
    """Lock the appointment's row alone, for what changes no time, and read it afresh."""
    session.scalars(locked(select(Appointment).where(Appointment.id == appointment.id))).one()


def locked(appointments: Select[Appointment]) -> Select[Appointment]:
    """The same appointments in order of id, their rows locked and read afresh even where the session knows them."""
    in_order = appointments.order_by(Appointment.id)
    return in_order.with_for_update(of=Appointment).execution_options(populate_existing=True)


def expire_stale(session: Session, resource_ids: Collection[int], at: datetime) -> None:
    """End the expired holds that still stand in the way of these resources."""
    stale = select(Occupancy.appointment_id).where(
        Occupancy.resource_id.in_(resource_ids), Occupancy.held_until <= at
    )
    for appointment in session.scalars(locked(select(Appointment).where(Appointment.id.in_(stale)))):
        if appointment.is_expired(at):
            expire(session, appointment, at)


EXPIRED = "expired"


def expire(session: Session, appointment: Appointment, at: datetime) -> None:
    """End a pending appointment whose time to wait is over; its row must be locked."""
    end(session, appointment, by=SYSTEM, party=Party.SYSTEM, reason=EXPIRED, at=at)


def end(
    session: Session,
    appointment: Appointment,
    *,
    by: Actor,
    party: Party,
    reason: str,
    at: datetime,
    is_told_together: bool = False,
) -> None:
    """Cancel, free the time and say so; what may be cancelled was checked by the caller."""
    before, was_hold = appointment.status, appointment.booked_at is None
    was_request = appointment.waiting_for == Waiting.ACCEPTANCE
    appointment.status = Status.CANCELLED
    appointment.waiting_for = None
    appointment.hold_expires_at = None
    appointment.cancelled_at = at
    appointment.cancelled_by = party
    appointment.cancel_reason = reason
    release_time(session, appointment)
    note(session, appointment, kind="cancelled", before=before, by=by, reason=reason, at=at)
    ended = AppointmentCancelled(
        appointment.id,
        by,
        at,
        was_hold=was_hold,
        was_request=was_request,
        is_told_together=is_told_together,
    )
    publish(session, ended)


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
) -> AppointmentChange:
    """Raise the version, write a line of history and announce the change; `before` is the status until now.

    Returns the line.
    """
    appointment.version = (appointment.version or 0) + (before is not None)
    appointment.updated_at = at
    announce_change(session, appointment)
    line = AppointmentChange(
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
    session.add(line)
    return line


def _lock(session: Session, which: ColumnElement[bool]) -> None:
    """Whoever had to wait sees what the resource is now: a locked row is read afresh."""
    found = select(Resource.kind).where(which).order_by(Resource.id).with_for_update(key_share=True)
    if "MERGED" in session.scalars(found).all():
        raise NotFound
