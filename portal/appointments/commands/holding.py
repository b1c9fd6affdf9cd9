"""Holding a time while its patient signs in, decides or is asked."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.commands.announcing import announce_change
from portal.appointments.commands.locking import (
    end,
    expire_stale,
    lock_for_change,
    lock_row,
    lock_time_of,
    locked,
    note,
)
from portal.appointments.commands.occupying import occupy, occupy_patient, release_patient, settle_occupancy
from portal.appointments.commands.offering import (
    asking_for,
    check_may_book_for,
    find_offer,
    look,
    new_appointment,
    not_offered,
)
from portal.appointments.commands.overriding import check_offered
from portal.appointments.errors import BookingExpired
from portal.appointments.models import Appointment, Party, SessionType, Waiting
from portal.appointments.rules import party_of
from portal.appointments.slots import SlotKey
from portal.core.permissions import Actor
from portal.people.models import Patient
from portal.scheduling.rules import Refusal

RELEASED = "released"


def hold(
    session: Session,
    key: SlotKey,
    *,
    by: Actor,
    at: datetime,
    minutes: int,
    patient: Patient | None = None,
    holder_hash: str | None = None,
    session_type: SessionType | None = None,
) -> Appointment:
    """Keep a time for `minutes` while its patient signs in, decides or is asked.

    `holder_hash` names the browser of somebody not signed in. One holder, or one patient, holds one time: the one
    held before is let go. Raises SlotTaken (with other times), TooSoonOrTooFar, NotBookable or Forbidden.
    """
    lock_time_of(session, key.clinician_id, patient)
    offer = find_offer(session, key)
    check_may_book_for(session, offer, patient, by)
    expire_stale(session, offer.resources(patient), at)
    if not by.is_staff:
        _let_go(session, holder_hash, patient, by, at)
    check_offered(session, offer, asking_for(patient, by, at))
    appointment = new_appointment(offer, by=by, at=at, session_type=session_type)
    appointment.patient_id = patient.id if patient else None
    appointment.holder_hash = holder_hash
    appointment.waiting_for = Waiting.HOLD
    appointment.hold_expires_at = at + timedelta(minutes=minutes)
    session.add(appointment)
    note(session, appointment, kind="held", before=None, by=by, at=at)
    occupy(session, appointment, offer.clinician, patient)
    return appointment


def adopt(session: Session, appointment: Appointment, patient: Patient, *, by: Actor, at: datetime) -> None:
    """Give a hold its patient: one taken before signing in, or for another of the people whom `by` books for.

    Raises SlotTaken when the patient is busy then, BookingExpired for what is no hold of theirs any more.
    """
    if appointment.patient_id == patient.id:
        return
    lock_for_change(session, appointment, patient.resource_id)
    offer = find_offer(session, SlotKey.of(appointment))
    check_may_book_for(session, offer, patient, by)
    if not appointment.is_hold or appointment.patient_id not in {None, *by.patient_ids}:
        raise BookingExpired
    if appointment.patient_id == patient.id:  # a second press of the same button had to wait for the first
        return
    expire_stale(session, [patient.resource_id], at)
    _let_go(session, None, patient, by, at)
    # Only the patient's own diary counts: the time was offered when it was held, and is theirs until the hold ends.
    asking = asking_for(patient, by, at, ignoring=appointment.id)
    if look(session, offer, asking).is_engaged(offer.key, offer.service):
        raise not_offered(session, offer, Refusal.ENGAGED, asking)
    if appointment.patient_id is not None:
        release_patient(session, appointment, session.get_one(Patient, appointment.patient_id))
    appointment.patient_id, appointment.patient = patient.id, patient
    appointment.booked_by_id = by.account_id
    session.flush()
    occupy_patient(session, appointment, patient)


def prolong(session: Session, appointment: Appointment, *, until: datetime, at: datetime) -> None:
    """Keep a held time at least until then, while something else that was begun is finished.

    What is no hold any more stays as it is. Raises BookingExpired for a hold that has run out.
    """
    lock_for_change(session, appointment)
    if appointment.is_expired(at):
        raise BookingExpired
    if not appointment.is_hold or appointment.hold_expires_at is None or appointment.hold_expires_at >= until:
        return
    appointment.hold_expires_at, appointment.updated_at = until, at
    announce_change(session, appointment)
    settle_occupancy(session, appointment)


def describe(session: Session, appointment: Appointment, **texts: str) -> None:
    """Keep what its patient says of a held time until it is booked; what is no hold any more stays as it is."""
    lock_row(session, appointment)
    if appointment.is_hold:
        for name, text in texts.items():
            setattr(appointment, name, text)


def release(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """Let a held time go; one that is no longer held stays as it is."""
    lock_row(session, appointment)
    if appointment.is_hold:
        end(session, appointment, by=by, party=party_of(by), reason=RELEASED, at=at)


def _let_go(
    session: Session, holder_hash: str | None, patient: Patient | None, by: Actor, at: datetime
) -> None:
    """End what this browser or this patient holds already, so that nobody keeps two times."""
    mine = []
    if holder_hash is not None:
        mine.append(Appointment.holder_hash == holder_hash)
    if patient is not None:
        mine.append(Appointment.patient_id == patient.id)
    for condition in mine:
        held = select(Appointment).where(condition, Appointment.waiting_for == Waiting.HOLD)
        for appointment in session.scalars(locked(held)):
            end(session, appointment, by=by, party=Party.PATIENT, reason=RELEASED, at=at)
