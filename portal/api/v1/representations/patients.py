"""Patients as they go out, and what may be said of them on the way in."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool

from portal.api.v1.representations.base import Body, Line, Listing, Shape, Text, Unique, Upper
from portal.api.v1.representations.slots import Zone
from portal.core.permissions import Actor, Permission
from portal.notifications.models import Channel
from portal.people.models import Patient

Gender = Literal["FEMALE", "MALE", "OTHER", "UNDISCLOSED"]
BloodGroup = Literal["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"]
Name = Annotated[str, Field(max_length=100)]


def _written(value: Any) -> Any:
    """As text: pydantic would take numbers for seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise ValueError("This must be a date such as 1980-06-04.")


Born = Annotated[date, BeforeValidator(_written), Field(ge=date(1900, 1, 1), le=date(2200, 1, 1))]


class PatientShape(Shape):
    id: int
    full_name: str
    phone: str | None
    email: str | None
    date_of_birth: date | None
    gender: Gender | None
    blood_group: BloodGroup | None
    lead_source: str
    created_at: datetime


class PatientDetail(PatientShape):
    emergency_contact_name: str
    emergency_contact_phone: str | None
    medical_history: str | None = Field(description="For those who treat; null for others.")
    channels: list[Channel] | None = Field(
        description="How they chose to be told; null leaves it to the practice."
    )
    wants_reminders: bool
    language: str | None = Field(description="Of messages.")
    time_zone: str | None = Field(description="Of messages; null is that of each visit.")


class PatientQuery(Listing):
    search: Line = Field(
        "", description="Parts of a name, the beginning of an email address, or part of a phone."
    )
    phone: Annotated[str, Field(max_length=40)] = ""


class PatientFacts(Body):
    full_name: Name = ""
    phone: Line | None = None
    email: Line | None = None
    date_of_birth: Born | None = None
    gender: Annotated[Gender, Upper] | None = None
    blood_group: Annotated[BloodGroup, Upper] | None = None
    emergency_contact_name: Name = ""
    emergency_contact_phone: Line | None = None


class DespiteDuplicates(Body):
    """How to go on where somebody of the same name or email address is known."""

    despite_duplicates: StrictBool = Field(
        default=False,
        description="Register although somebody has the same name or email address; needs `reason`.",
    )
    reason: Line = Field("", description="How it is known to be somebody else; kept in the audit.")

    def why_new(self) -> str | None:
        """None where nobody says that it is somebody else."""
        return self.reason if self.despite_duplicates else None


class NewPatient(PatientFacts, DespiteDuplicates):
    full_name: Annotated[str, Field(min_length=1, max_length=100)]
    lead_source: Line = ""


class PatientChanges(PatientFacts):
    """What is not given stays. Patients change their phone with a code sent to the new one by /auth/otp."""

    medical_history: Text | None = None
    phone_otp: Annotated[str, Field(max_length=12)] | None = Field(None, alias="phoneOtp")
    channels: Annotated[list[Annotated[Channel, Upper]], Field(max_length=10), Unique] | None = Field(
        None, description="At least one that is possible; null leaves it to the practice."
    )
    wants_reminders: StrictBool = Field(default=True, description="Sign-in codes and news come in any case.")
    language: Annotated[str, Field(max_length=20)] | None = None
    time_zone: Zone | None = None


def patient_shape(patient: Patient) -> PatientShape:
    return PatientShape(**{name: getattr(patient, name) for name in PatientShape.model_fields})


def patient_detail(patient: Patient, actor: Actor) -> PatientDetail:
    """The medical history is there only for those who may read it; it is not even loaded for others."""
    names = set(PatientDetail.model_fields) - {"medical_history"}
    history = patient.medical_history if actor.may(Permission.PATIENT_MEDICAL_HISTORY) else None
    return PatientDetail(medical_history=history, **{name: getattr(patient, name) for name in names})
