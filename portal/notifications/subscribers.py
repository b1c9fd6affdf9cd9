"""Events that people are told about: each writes a row of the outbox, in the transaction of its cause."""

from sqlalchemy.orm import Session

from portal.appointments.events import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentEvent,
    AppointmentRequested,
    AppointmentRescheduled,
)
from portal.appointments.models import Appointment
from portal.notifications.models import Delivery
from portal.notifications.texts import Text, cancelled, confirmed, moved, requested


def confirm_appointment(session: Session, event: AppointmentConfirmed) -> None:
    appointment = _appointment(session, event)
    _tell_patient(session, appointment, "appointment-confirmed", confirmed(appointment), event)


def acknowledge_request(session: Session, event: AppointmentRequested) -> None:
    appointment = _appointment(session, event)
    _tell_patient(session, appointment, "appointment-requested", requested(appointment), event)


def tell_new_time(session: Session, event: AppointmentRescheduled) -> None:
    appointment = _appointment(session, event)
    text = moved(appointment, event.previous_starts_at)
    _tell_patient(session, appointment, "appointment-rescheduled", text, event)


def tell_cancellation(session: Session, event: AppointmentCancelled) -> None:
    """A hold that was let go or ran out is nobody's news."""
    if event.was_hold:
        return
    appointment = _appointment(session, event)
    _tell_patient(session, appointment, "appointment-cancelled", cancelled(appointment), event)


def _appointment(session: Session, event: AppointmentEvent) -> Appointment:
    return session.get_one(Appointment, event.appointment_id)


def _tell_patient(
    session: Session, appointment: Appointment, kind: str, text: Text, event: AppointmentEvent
) -> None:
    """WhatsApp where there is a phone, else email."""
    patient = appointment.patient
    if patient is None:
        return
    session.add(
        Delivery(
            kind=kind,
            channel="WHATSAPP" if patient.phone else "EMAIL",
            recipient=patient.phone or patient.email or "",
            subject=text.subject,
            text=text.body,
            appointment_id=appointment.id,
            created_at=event.at,
        )
    )
