"""Ending that one person books for another: no visit is left of which nobody would hear."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.commands.locking import end, lock_resources, locked
from portal.appointments.commands.stranding import coming_appointments
from portal.appointments.errors import CareIsNeeded
from portal.appointments.models import Appointment, Party, Waiting
from portal.core.permissions import Actor
from portal.people import caring
from portal.people.care_models import Care
from portal.people.models import Patient
from portal.people.patients import delete_patient


def end_care(session: Session, care: Care, *, by: Actor, at: datetime) -> None:
    """Take a person out of somebody's care. A record that was never used goes with it; any other stays.

    Refused with CareIsNeeded while visits are to come, unless the patient ends it, or staff do and somebody else
    still hears of them.
    """
    patient = session.get_one(Patient, care.patient_id)
    lock_resources(session, [patient.resource_id])
    is_own_wish = patient.id == by.patient_id
    others = [one for one in caring.carers_of(session, patient) if one.id != care.id and not one.paused_at]
    is_told = bool(patient.phone or patient.email or others)
    may_go = is_own_wish or (by.is_staff and is_told)
    if not may_go and coming_appointments(session, at=at, patient_id=patient.id):
        raise CareIsNeeded(name=patient.full_name)
    held = select(Appointment).where(
        Appointment.patient_id == patient.id, Appointment.waiting_for == Waiting.HOLD
    )
    for appointment in session.scalars(locked(held)):
        end(session, appointment, by=by, party=Party.PATIENT, reason="released", at=at)
    caring.end(session, care, by=by, at=at)
    if not by.is_staff and not is_told and patient.account_id is None and not _was_seen(session, patient):
        delete_patient(session, patient, by=by, at=at)


def _was_seen(session: Session, patient: Patient) -> bool:
    booked = select(Appointment.id).where(
        Appointment.patient_id == patient.id, Appointment.booked_at.is_not(None)
    )
    return session.scalar(booked.limit(1)) is not None
