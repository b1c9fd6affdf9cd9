"""Writing occupancy. The only place that inserts or changes its rows; `locking.release_time` deletes them."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Occupancy
from portal.people.models import Clinician, Patient


def occupy(session: Session, appointment: Appointment, clinician: Clinician, patient: Patient | None) -> None:
    """Take the clinician's time, pauses included, and the patient's, unless it is given twice on purpose."""
    session.flush()
    rows = (
        []
        if appointment.is_overbooked
        else [_row(appointment, clinician.resource_id, *_with_pauses(appointment))]
    )
    if patient is not None and not appointment.is_patient_engaged:
        rows.append(_row(appointment, patient.resource_id, appointment.starts_at, appointment.ends_at))
    if rows:
        session.execute(insert(Occupancy).values(rows))


def occupy_patient(session: Session, appointment: Appointment, patient: Patient) -> None:
    """Take the patient's time as well, once it is known who comes."""
    row = _row(appointment, patient.resource_id, appointment.starts_at, appointment.ends_at)
    session.execute(insert(Occupancy).values(row))


def release_patient(session: Session, appointment: Appointment, patient: Patient) -> None:
    """Give a patient's time back, because somebody else comes in their place."""
    mine = (Occupancy.appointment_id == appointment.id) & (Occupancy.resource_id == patient.resource_id)
    session.execute(delete(Occupancy).where(mine))


def settle_occupancy(session: Session, appointment: Appointment) -> None:
    """What was held until some instant follows the appointment: held longer, or for good."""
    mine = update(Occupancy).where(Occupancy.appointment_id == appointment.id)
    session.execute(mine.values(held_until=appointment.hold_expires_at))


def _with_pauses(appointment: Appointment) -> tuple[datetime, datetime]:
    before = timedelta(minutes=appointment.buffer_before_minutes)
    after = timedelta(minutes=appointment.buffer_after_minutes)
    return appointment.starts_at - before, appointment.ends_at + after


def _row(appointment: Appointment, resource_id: int, start: datetime, end: datetime) -> dict[str, Any]:
    return {
        "resource_id": resource_id,
        "appointment_id": appointment.id,
        "during": Range(start, end, bounds="[)"),
        "held_until": appointment.hold_expires_at,
    }
