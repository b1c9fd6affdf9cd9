"""What may be asked of appointments, and said of them on the way in."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from portal.api.v1.representations.base import Amount, Body, Id, Line, Listing, Text, Upper
from portal.api.v1.representations.patients import DespiteDuplicates
from portal.api.v1.representations.slots import Day, Instant, Wall
from portal.api.v1.when import When
from portal.appointments.models import SessionType, Status
from portal.appointments.queries import When as Bucket
from portal.scheduling.rules import Refusal

SPELLINGS = {"CANCELED": Status.CANCELLED, "SCHEDULED": Status.CONFIRMED, "NOSHOW": Status.NO_SHOW}


def _status(value: Any) -> Any:
    """In any case and both spellings; SCHEDULED is what others call CONFIRMED."""
    if not isinstance(value, str):
        return value
    word = value.strip().upper().replace("-", "_").replace(" ", "_")
    return SPELLINGS.get(word, word)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


AnyStatus = Annotated[Status, BeforeValidator(_status)]
SlotId = Annotated[str, Field(max_length=80)]
Note = Annotated[str, Field(max_length=1000)]
Title = Annotated[str, Field(max_length=120)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class Hat(StrEnum):
    """In which of two roles somebody who has both takes part."""

    PATIENT = "patient"
    CLINICIAN = "clinician"


class AppointmentQuery(Listing):
    status: AnyStatus | None = None
    centre_id: Id | None = None
    clinician_id: Id | None = None
    patient_id: Id | None = None
    date: Day | None = Field(None, description="The appointmentDate; goes before startDate and endDate.")
    start_date: Day | None = None
    end_date: Day | None = Field(None, description="Included.")
    specialization: Line = ""
    as_: Annotated[Hat, BeforeValidator(_lower)] | None = Field(
        None, alias="as", description="For clinicians who are also patients; both unless given."
    )
    when: Annotated[Bucket, BeforeValidator(_lower)] | None = None
    search: Line = Field("", description="Part of the patient's or the clinician's name.")


class TimeIn(Body):
    """One of: slotId; appointmentDate and appointmentTime at the centre; startAt, and endAt."""

    slot_id: SlotId | None = None
    clinician_id: Id | None = None
    centre_id: Id | None = None
    service_id: Id | None = None
    appointment_date: Day | None = None
    appointment_time: Wall | None = None
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


class Caller(DespiteDuplicates):
    """A patient who is found by phone, else by email, else registered. What is known stays as it is."""

    phone: Line | None = None
    full_name: Name
    email: Line | None = None


class OverrideIn(Body):
    """Rules that staff book around on purpose: those that a refusal names in `brokenRules`."""

    rules: list[Annotated[Refusal, Upper]] = Field(min_length=1, max_length=len(Refusal))
    reason: Line = Field("", description="Why. Kept with the appointment, for the team.")


class Booking(TimeIn):
    """For oneself; for a patient by patientId, `patient`, or clientEmail and clientName."""

    session_type: Annotated[SessionType, Upper] | None = Field(
        None, description="In person where that is possible, unless given."
    )
    format: Annotated[Literal["PERSONAL"], Upper] = "PERSONAL"
    platform: Annotated[Literal["NONE"], Upper] = "NONE"
    patient_id: Id | None = None
    patient: Caller | None = None
    client_email: Line | None = None
    client_name: Name | None = Field(
        None,
        description="Needed for a client who is new. One of the same name as a patient known is booked by `patient`.",
    )
    consultation_fee: Amount | None = Field(
        None, description="Staff may set it; a patient's must be the price."
    )
    quotation_token: Line | None = Field(
        None, description="The secret in the link of an accepted quotation: books at its price, once."
    )
    patient_notes: Note = ""
    notes: Note = Field("", description="Another name of patientNotes.")
    questions: Note = ""
    title: Title = ""
    description: Text = ""
    override: OverrideIn | None = Field(None, description="Staff: book around these rules.")
    overbook: bool = Field(
        default=False, description="Staff who may: as `override` of all rules but ENGAGED, with `reason`."
    )
    reason: Line = Field("", description="Why somebody is overbooked.")
    follow_up_of_id: Id | None = Field(
        None, description="The earlier visit of that patient which it follows up."
    )
    send_payment_link: bool = Field(
        default=False, description="Staff: send the patient a link to pay the fee with."
    )
    idempotency_key: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="As the header Idempotency-Key."
    )


class AppointmentEdit(Body):
    """Patients write patientNotes and questions, staff and the clinician clinicianNotes and title."""

    patient_notes: Note = ""
    questions: Note = ""
    clinician_notes: Text = ""
    title: Title = ""


class Move(TimeIn):
    """Clinician, service and centre stay unless they are given."""

    new_slot_id: SlotId | None = Field(None, description="Another name of slotId.")
    override: OverrideIn | None = Field(
        None, description="Staff: move it around these rules; its reason goes before the other."
    )
    reason: Line = ""


class Cancellation(Body):
    reason: Annotated[str, Field(max_length=500)] = Field("", description="Needed from staff.")
    request_refund: bool = Field(default=True, description="What is due goes back in any case.")


class StatusChange(Body):
    status: AnyStatus
    reason: Annotated[str, Field(max_length=500)] = Field(
        "", description="Needed from staff who cancel or decline."
    )
