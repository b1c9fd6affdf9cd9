"""Appointments as they go out, and what may be said of them on the way in."""

import datetime as dt
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from portal.api.v1.representations.base import Amount, Body, Id, Line, Listing, Shape, Text, Upper, amount
from portal.api.v1.representations.slots import Day, Instant
from portal.api.v1.when import When
from portal.appointments.models import Appointment, AppointmentChange, SessionType, Status, Waiting
from portal.appointments.queries import When as Bucket
from portal.core import clock
from portal.core.permissions import Actor, Role

SPELLINGS = {"CANCELED": Status.CANCELLED, "SCHEDULED": Status.CONFIRMED, "NOSHOW": Status.NO_SHOW}


def _status(value: Any) -> Any:
    """In any case and both spellings; SCHEDULED is what others call CONFIRMED."""
    if not isinstance(value, str):
        return value
    word = value.strip().upper().replace("-", "_").replace(" ", "_")
    return SPELLINGS.get(word, word)


AnyStatus = Annotated[Status, BeforeValidator(_status)]


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class Hat(StrEnum):
    """In which of two roles somebody who has both takes part."""

    PATIENT = "patient"
    CLINICIAN = "clinician"


class AppointmentShape(Shape):
    """`appointmentDate` and `appointmentTime` are in `timezone`. Payment, video and papers come later: null."""

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
    appointment_time: dt.time
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
    payment_method: str
    payment_status: None = None
    meet_link: None = None
    title: str
    created_at: datetime


class ChangeShape(Shape):
    """One line of the history."""

    kind: str
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
    cancelled_by: str | None
    cancel_reason: str | None
    cancellation_requested_at: datetime | None
    version: int
    history: list[ChangeShape]
    meeting: None = None
    review: None = None


class Cancelled(AppointmentDetail):
    refund_initiated: Literal[False] = False
    refund_amount: float = 0


class AppointmentQuery(Listing):
    status: AnyStatus | None = None
    centre_id: Id | None = None
    clinician_id: Id | None = None
    patient_id: Id | None = None
    date: Day | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    specialization: Line = ""
    as_: Annotated[Hat, BeforeValidator(_lower)] | None = Field(
        None, alias="as", description="For clinicians who are also patients."
    )
    when: Annotated[Bucket, BeforeValidator(_lower)] | None = None
    search: Line = ""


class TimeIn(Body):
    """One of: slotId (or newSlotId); appointmentDate and appointmentTime at the centre; startAt, and endAt."""

    slot_id: Annotated[str, Field(max_length=80)] | None = None
    clinician_id: Id | None = None
    centre_id: Id | None = None
    service_id: Id | None = None
    appointment_date: Day | None = None
    appointment_time: dt.time | None = None
    start_at: Instant | None = None
    end_at: Instant | None = None
    duration: Annotated[int, Field(ge=5, le=480)] | None = Field(None, description="Minutes.")

    def when(self) -> When:
        return When(
            slot_id=self.slot_id,
            clinician_id=self.clinician_id,
            centre_id=self.centre_id,
            service_id=self.service_id,
            day=self.appointment_date,
            wall_time=self.appointment_time,
            start_at=self.start_at,
            end_at=self.end_at,
            duration=self.duration,
        )


class Caller(Body):
    """A patient found by phone or email, or registered."""

    phone: Line | None = None
    full_name: Annotated[str, Field(min_length=1, max_length=100)]
    email: Line | None = None


class Booking(TimeIn):
    """For oneself; for a patient by patientId, `patient`, or clientEmail and clientName."""

    session_type: Annotated[SessionType, Upper] | None = None
    patient_id: Id | None = None
    patient: Caller | None = None
    client_email: Line | None = None
    client_name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    consultation_fee: Amount | None = Field(
        None, description="Staff may set it; a patient's must be the price."
    )
    patient_notes: Text = ""
    questions: Text = ""
    title: Annotated[str, Field(max_length=120)] = ""
    description: Text = ""
    notes: Text | None = Field(None, description="Another name of patientNotes.")
    overbook: bool = Field(default=False, description="Staff who may, at a time that is not offered.")
    reason: Line = Field("", description="Why somebody was overbooked.")
    idempotency_key: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="As the header Idempotency-Key."
    )


class AppointmentEdit(Body):
    """Patients write patientNotes and questions, staff and the clinician clinicianNotes and title."""

    patient_notes: Text | None = None
    questions: Text | None = None
    clinician_notes: Text | None = None
    title: Annotated[str, Field(max_length=120)] | None = None


class Move(TimeIn):
    new_slot_id: Annotated[str, Field(max_length=80)] | None = None
    reason: Line = ""


class Cancellation(Body):
    reason: Annotated[str, Field(max_length=500)] = ""
    request_refund: bool = True


class StatusChange(Body):
    status: AnyStatus
    reason: Line = ""


def appointment_shape(appointment: Appointment, actor: Actor) -> AppointmentShape:
    return AppointmentShape(**_facts(appointment, actor))


def appointment_detail(appointment: Appointment, actor: Actor) -> AppointmentDetail:
    return AppointmentDetail(**_all_facts(appointment, actor))


def cancelled(appointment: Appointment, actor: Actor) -> Cancelled:
    return Cancelled(**_all_facts(appointment, actor))


def _facts(appointment: Appointment, actor: Actor) -> dict[str, Any]:
    begins = clock.local(appointment.starts_at, appointment.zone)
    patient, centre = appointment.patient, appointment.centre
    return {
        "id": appointment.id,
        "patient_id": appointment.patient_id,
        "patient_name": patient.full_name if patient else "",
        "patient_phone": patient.phone if patient and _is_at_work(actor) else None,
        "clinician_id": appointment.clinician_id,
        "clinician_name": appointment.clinician.full_name,
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
        "title": appointment.title or f"Consultation with {appointment.clinician.full_name}",
        "created_at": appointment.created_at,
    }


def _all_facts(appointment: Appointment, actor: Actor) -> dict[str, Any]:
    return {
        **_facts(appointment, actor),
        "description": appointment.description,
        "questions": appointment.questions,
        "patient_notes": appointment.patient_notes,
        "clinician_notes": appointment.clinician_notes if _is_at_work(actor) else None,
        "arrived_at": appointment.arrived_at,
        "started_at": appointment.started_at,
        "ended_at": appointment.ended_at,
        "cancelled_at": appointment.cancelled_at,
        "cancelled_by": appointment.cancelled_by,
        "cancel_reason": appointment.cancel_reason,
        "cancellation_requested_at": appointment.cancellation_requested_at,
        "version": appointment.version,
        "history": [_change(line, actor) for line in appointment.history],
    }


def _change(line: AppointmentChange, actor: Actor) -> ChangeShape:
    """Patients read who did something only of themselves, and why only where it is told to them."""
    is_told = _is_at_work(actor) or line.kind in TOLD
    return ChangeShape(
        kind=line.kind,
        from_status=Status(line.from_status) if line.from_status else None,
        to_status=Status(line.to_status),
        start_at=line.starts_at,
        reason=line.reason if is_told else "",
        by_name=line.by_name if _is_at_work(actor) or line.by_account_id == actor.account_id else "",
        changed_at=line.changed_at,
    )


TOLD = {"cancelled", "rescheduled"}


def _is_at_work(actor: Actor) -> bool:
    return actor.role is not None and actor.role is not Role.PATIENT
