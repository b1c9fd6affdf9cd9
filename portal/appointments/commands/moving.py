"""Moving an appointment: the new time is taken and the old one freed in one transaction, or nothing changes."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal.appointments.commands.locking import expire_stale, lock_for_change, note, release_time
from portal.appointments.commands.occupying import occupy
from portal.appointments.commands.offering import (
    Offer,
    asking_for,
    find_offer,
    look,
)
from portal.appointments.commands.overriding import Override, check_rules, in_the_way, record_override
from portal.appointments.errors import NotBookable
from portal.appointments.events import AppointmentRescheduled
from portal.appointments.models import Appointment, SessionType, Waiting
from portal.appointments.rules import WINDOW, answer_by, check_reschedulable
from portal.appointments.slots import SlotKey
from portal.core.errors import Forbidden
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.scheduling.queries import booking_rules
from portal.scheduling.rules import Refusal


def reschedule(
    session: Session,
    appointment: Appointment,
    key: SlotKey,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    overriding: frozenset[Refusal] = frozenset(),
) -> Appointment:
    """Move to another time of the same service, perhaps at another centre; fee and patient stay.

    Staff are bound neither by notice nor by horizon: the visit is there already, and whoever moves it knows when.
    Around other rules they move it by naming them in `overriding`, with a reason, which is for the team only.
    Raises Invalid without it, SlotTaken or TooSoonOrTooFar (with other times; the old time is kept),
    TooLateToReschedule, InvalidStateTransition, NotBookable, Forbidden.
    """
    if (key.clinician_id, key.service_id) != (appointment.clinician_id, appointment.service_id):
        raise NotBookable
    if by.role is not None and by.role.is_bound_to_centre and not by.may_at(key.centre_id):
        raise Forbidden
    if appointment.session_type == SessionType.IN_PERSON and key.centre_id is None:
        raise NotBookable
    lock_for_change(session, appointment)
    offer = find_offer(session, key)
    deadline_hours = booking_rules(session, appointment.clinician_id).deadline_hours
    check_reschedulable(appointment, by=by, at=at, deadline_hours=deadline_hours)
    expire_stale(session, offer.resources(appointment.patient), at)
    # The appointment's own time is not in its way.
    near = look(session, offer, asking_for(appointment.patient, by, at, ignoring=appointment.id))
    rules = check_rules(session, near, offer, by, Override(overriding, reason), freely=WINDOW)
    previous = appointment.starts_at
    release_time(session, appointment)
    _move(appointment, offer, at)
    appointment.is_overbooked = near.clashes(key, offer.service)
    appointment.is_patient_engaged = near.is_engaged(key, offer.service)
    line = note(
        session, appointment, kind="rescheduled", before=appointment.status, by=by, reason=reason, at=at
    )
    occupy(session, appointment, offer.clinician, appointment.patient)
    publish(session, AppointmentRescheduled(appointment.id, by, at, previous_starts_at=previous))
    record_override(session, line, rules, by)
    return appointment


def rules_against(
    session: Session, appointment: Appointment, starts_at: datetime, *, by: Actor, at: datetime
) -> tuple[Refusal, ...]:
    """What a colleague would have to override to move it to that time, where it is; nothing where they just may.

    As it looks now: `reschedule` decides. Its own time is not in its way. Three queries.
    Raises TooSoonOrTooFar for the past and for what is years ahead.
    """
    offer = Offer(
        appointment.clinician,
        appointment.service,
        appointment.centre,
        replace(SlotKey.of(appointment), starts_at=starts_at),
    )
    near = look(session, offer, asking_for(appointment.patient, by, at, ignoring=appointment.id))
    return in_the_way(near, offer, freely=WINDOW)


def _move(appointment: Appointment, offer: Offer, at: datetime) -> None:
    slot = offer.key.with_length_of(offer.service)
    appointment.starts_at, appointment.ends_at = slot.starts_at, slot.ends_at
    appointment.centre_id, appointment.centre = slot.centre_id, offer.centre
    appointment.time_zone = offer.time_zone
    appointment.buffer_before_minutes = offer.service.buffer_before_minutes
    appointment.buffer_after_minutes = offer.service.buffer_after_minutes
    appointment.arrived_at = None
    appointment.cancellation_requested_at = appointment.move_asked_at = None
    if appointment.waiting_for == Waiting.ACCEPTANCE:
        appointment.hold_expires_at = answer_by(slot.starts_at, at)
