"""Appointments that somebody at the desk may mean: by their reference, and the next ones of whoever was found."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.appointments.queries import BOOKED, WITH_PEOPLE, visible_to
from portal.appointments.references import appointment_id_of
from portal.core.permissions import Actor
from portal.people.models import Patient


def find_by_reference(session: Session, actor: Actor, typed: str) -> Appointment | None:
    """The appointment of that reference, if the actor may see it."""
    appointment_id = appointment_id_of(typed)
    if appointment_id is None:
        return None
    found = select(Appointment).where(Appointment.id == appointment_id, BOOKED, visible_to(actor))
    return session.scalar(found.options(*WITH_PEOPLE))


def next_of(
    session: Session, actor: Actor, patient_ids: Collection[int], *, at: datetime, limit: int
) -> Sequence[Appointment]:
    """The next appointments of these patients that the actor may see, the soonest first."""
    if not patient_ids:
        return []
    found = (
        select(Appointment)
        .where(
            Appointment.patient_id.in_(sorted(patient_ids)),
            Appointment.ends_at > at,
            Appointment.status.in_([Status.PENDING, Status.CONFIRMED]),
            BOOKED,
            visible_to(actor),
        )
        .options(*WITH_PEOPLE)
    )
    return session.scalars(found.order_by(Appointment.starts_at, Appointment.id).limit(limit)).all()


def patients_with_visits(actor: Actor) -> ColumnElement[bool]:
    """Patients who have, or once had, a visit that the actor may see."""
    return Patient.id.in_(select(Appointment.patient_id).where(BOOKED, visible_to(actor)))
