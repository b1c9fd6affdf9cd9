"""Appointments as they go out, to whoever reads them."""

import datetime as dt
from datetime import datetime
from typing import Any, Literal

from flask_babel import gettext
from pydantic import Field

from portal.api.v1.representations.base import Shape, amount
from portal.api.v1.representations.payments import PaymentSummary, payment_summary
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
from portal.appointments.references import reference_of
from portal.appointments.rules import reason_for
from portal.core import clock
from portal.core.permissions import Actor
from portal.payments.cancelling import Due
from portal.payments.queries import Account, Standing


class AppointmentShape(Shape):
    """`appointmentDate` and `appointmentTime` are in `timezone`.

    There is no video yet, so no meetLink.
    """

    id: int
    reference: str = Field(description="What people read out: short, and the same for the whole life of it.")
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
    payment_status: Standing = Field(description="FREE costs nothing; COVERED is paid for by a subscription.")
    meet_link: None = None
    title: str
    follow_up_of_id: int | None = Field(description="The visit that this one follows up.")
    created_at: datetime


class ChangeShape(Shape):
    """One line of the history."""

    kind: str = Field(description='Such as "confirmed", "rescheduled", "cancelled".')
    from_status: Status | None
    to_status: Status
    start_at: datetime
    reason: str
    overridden: list[str] = Field(description="Rules that staff booked around; not for the patient.")
    by_name: str
    changed_at: datetime


class AppointmentDetail(AppointmentShape):
    series_id: int | None = Field(description="Of the series that it is one visit of.")
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
    delay_minutes: int = Field(0, description="By how much it is likely to begin later today.")
    version: int
    history: list[ChangeShape]
    payment: PaymentSummary | None = Field(description="None before anything was tried.")
    payment_link: str | None = Field(None, description="Of a booking that was to send one.")
    meeting: None = None
    review: None = None


class Cancelled(AppointmentDetail):
    """Still CONFIRMED where the practice is only asked to cancel."""

    refund_initiated: bool
    refund_amount: float


def appointment_shape(appointment: Appointment, actor: Actor, account: Account) -> AppointmentShape:
    return AppointmentShape(**_facts(appointment, actor, account))


def appointment_detail(appointment: Appointment, actor: Actor, account: Account) -> AppointmentDetail:
    return AppointmentDetail(**_all_facts(appointment, actor, account))


def cancelled(appointment: Appointment, actor: Actor, account: Account, given_back: Due) -> Cancelled:
    return Cancelled(
        **_all_facts(appointment, actor, account),
        refund_initiated=given_back.back_minor > 0,
        refund_amount=amount(given_back.back_minor, given_back.currency),
    )


def _facts(appointment: Appointment, actor: Actor, account: Account) -> dict[str, Any]:
    begins = clock.local(appointment.starts_at, appointment.zone)
    patient, centre, clinician = appointment.patient, appointment.centre, appointment.clinician.full_name
    return {
        "id": appointment.id,
        "reference": reference_of(appointment),
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
        "payment_status": account.standing,
        "title": appointment.title or gettext("Consultation with %(clinician)s", clinician=clinician),
        "follow_up_of_id": appointment.follow_up_of_id,
        "created_at": appointment.created_at,
    }


def _all_facts(appointment: Appointment, actor: Actor, account: Account) -> dict[str, Any]:
    hidden = HIDDEN_FROM_STAFF if actor.is_staff else HIDDEN_FROM_PATIENTS
    return {
        **_facts(appointment, actor, account),
        "payment": payment_summary(account),
        "series_id": appointment.series_id,
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
        overridden=line.overridden if actor.is_staff else [],
        by_name=line.by_name,
        changed_at=line.changed_at,
    )
