"""The next visit: known to follow an earlier one of the same patient."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.commands.booking import book
from portal.appointments.commands.locking import lock_time_of
from portal.appointments.commands.overriding import Override
from portal.appointments.models import Appointment, Channel, SessionType, Status
from portal.appointments.slots import SlotKey
from portal.core.errors import Invalid, NotFound, _
from portal.core.permissions import Actor


def follow_up(appointment: Appointment, *, of: Appointment) -> None:
    """Keep that a visit follows up another. Raises Invalid unless that was an earlier one of the same patient."""
    if of.patient_id is None or of.patient_id != appointment.patient_id:
        raise Invalid(details={"follow_up_of_id": _("That visit was of another patient.")})
    if of.starts_at >= appointment.starts_at or of.status == Status.CANCELLED:
        raise Invalid(details={"follow_up_of_id": _("Only an earlier visit can be followed up.")})
    appointment.follow_up_of_id = of.id


def book_next(
    session: Session,
    key: SlotKey,
    *,
    after: Appointment,
    by: Actor,
    at: datetime,
    channel: Channel,
    override: Override | None = None,
) -> Appointment:
    """Book a time as what follows a visit: its patient, its way. Pressed twice, it is the same one.

    Raises what `book` and `follow_up` raise.
    """
    if after.patient is None:
        raise NotFound
    lock_time_of(session, key.clinician_id, after.patient)
    before = _booked_before(session, key, after)
    if before is not None:
        return before
    booked = book(
        session,
        key,
        patient=after.patient,
        by=by,
        at=at,
        channel=channel,
        session_type=SessionType(after.session_type),
        override=override,
    )
    follow_up(booked, of=after)
    return booked


def _booked_before(session: Session, key: SlotKey, after: Appointment) -> Appointment | None:
    """Asked once the time is locked: of two presses of a button the second has waited for the first."""
    return session.scalar(
        select(Appointment).where(
            Appointment.follow_up_of_id == after.id,
            Appointment.clinician_id == key.clinician_id,
            Appointment.starts_at == key.starts_at,
            Appointment.status.in_([Status.PENDING, Status.CONFIRMED]),
        )
    )
