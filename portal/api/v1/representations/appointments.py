"""Appointments as they go out, to whoever reads them."""

import datetime as dt
from datetime import datetime
from typing import Any, Literal

from flask_babel import gettext
from pydantic import Field

from portal.api.v1.representations.base import Shape, amount
from portal.api.v1.representations.slots import TimeOfDay
from portal.appointments.models import (
    Appointment,
    AppointmentChange,
    Party,
    PaymentMethod,
    SessionType,
    Status,
    Waiting,
)
from portal.appointments.rules import reason_for
from portal.core import clock
from portal.core.permissions import Actor


class AppointmentShape(Shape):
    """`appointmentDate` and `appointmentTime` are in `timezone`.

    The fee is paid at the centre, so there is no paymentStatus yet, and no video, so no meetLink.
    """

    id: int
    patient_id: int | None
    patient_name: str
    patient_phone: str | None = Field(description="For staff.")
    clinician_id: int
    clinician_name: str
    centre_id: int | None
    centre_name: str | None
    service_id: int
    service_title: str
    appointment_date: dt.date
    appointment_time: TimeOfDay
    start_at: datetime
    end_at: datetime
    timezone: str
    session_type: SessionType
    format: Literal["PERSONAL"] = "PERSONAL"
    platform: Literal["NONE"] = "NONE"
    status: Status
    waiting_for: Waiting | None = Field(description="What a PENDING one waits for.")
    consultation_fee: float
    currency: str
    payment_method: PaymentMethod
    payment_status: None = None
    meet_link: None = None
    title: str
    created_at: datetime


class ChangeShape(Shape):
    """One line of the history."""

    kind: str = Field(description='Such as "confirmed", "rescheduled", "cancelled".')
    from_status: Status | None
    to_status: Status
    start_at: datetime
    reason: str
    by_name: str
    changed_at: datetime


class AppointmentDetail(AppointmentShape):
    description: str
    questions: str
    patient_notes: str
    clinician_notes: str | None = Field(description="Not for the patient.")
    arrived_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    cancelled_at: datetime | None
    cancelled_by: Party | None
    cancel_reason: str
    cancellation_requested_at: datetime | None
    version: int
    history: list[ChangeShape]
    meeting: None = None
    review: None = None


class Cancelled(AppointmentDetail):
    """Still CONFIRMED where the practice is only asked to cancel. Nothing is refunded, since nothing was paid."""

    refund_initiated: bool = False
    refund_amount: float = 0


def appointment_shape(appointment: Appointment, actor: Actor) -> AppointmentShape:
    return AppointmentShape(**_facts(appointment, actor))


def appointment_detail(appointment: Appointment, actor: Actor) -> AppointmentDetail:
    return AppointmentDetail(**_all_facts(appointment, actor))


def cancelled(appointment: Appointment, actor: Actor) -> Cancelled:
    return Cancelled(**_all_facts(appointment, actor))


def _facts(appointment: Appointment, actor: Actor) -> dict[str, Any]:
    begins = clock.local(appointment.starts_at, appointment.zone)
    patient, centre, clinician = appointment.patient, appointment.centre, appointment.clinician.full_name
    return {
        "id": appointment.id,
        "patient_id": appointment.patient_id,
        "patient_name": patient.full_name if patient else "",
        "patient_phone": patient.phone if patient and actor.is_staff else None,
        "clinician_id": appointment.clinician_id,
        "clinician_name": clinician,
        "centre_id": appointment.centre_id,
        "centre_name": centre.name if centre else None,
        "service_id": appointment.service_id,
        "service_title": appointment.service.title,
        "appointment_date": begins.date(),
        "appointment_time": begins.time(),
        "start_at": appointment.starts_at,
        "end_at": appointment.ends_at,
        "timezone": appointment.time_zone,
        "session_type": appointment.session_type,
        "status": appointment.status,
        "waiting_for": appointment.waiting_for,
        "consultation_fee": amount(appointment.fee_minor, appointment.currency),
        "currency": appointment.currency,
        "payment_method": appointment.payment_method,
        "title": appointment.title or gettext("Consultation with %(clinician)s", clinician=clinician),
        "created_at": appointment.created_at,
    }


def _all_facts(appointment: Appointment, actor: Actor) -> dict[str, Any]:
    hidden = HIDDEN_FROM_STAFF if actor.is_staff else HIDDEN_FROM_PATIENTS
    return {
        **_facts(appointment, actor),
        "description": appointment.description,
        "questions": appointment.questions,
        "patient_notes": appointment.patient_notes,
        "clinician_notes": appointment.clinician_notes if actor.is_staff else None,
        "arrived_at": appointment.arrived_at,
        "started_at": appointment.started_at,
        "ended_at": appointment.ended_at,
        "cancelled_at": appointment.cancelled_at,
        "cancelled_by": appointment.cancelled_by,
        "cancel_reason": appointment.cancel_reason,
        "cancellation_requested_at": appointment.cancellation_requested_at,
        "version": appointment.version,
        "history": [_change(line, actor) for line in appointment.history if line.kind not in hidden],
    }


HIDDEN_FROM_STAFF = {"held"}
HIDDEN_FROM_PATIENTS = {"held", "edited"}
"""Lines that the pages leave out too."""


def _change(line: AppointmentChange, actor: Actor) -> ChangeShape:
    return ChangeShape(
        kind=line.kind,
        from_status=Status(line.from_status) if line.from_status else None,
        to_status=Status(line.to_status),
        start_at=line.starts_at,
        reason=reason_for(line, actor),
        by_name=line.by_name,
        changed_at=line.changed_at,
    )
