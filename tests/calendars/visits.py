"""Appointments that need no database: what a calendar file is made of."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from icalendar import Calendar

from portal.accounts.models import Account
from portal.appointments.models import Appointment, SessionType, Status
from portal.calendars.invitation import invitation
from portal.calendars.wording import Recipient
from portal.centres.models import Centre
from portal.people.models import Clinician, Patient
from tests.conftest import NOW

ORGANISER: dict[str, Any] = {
    "organiser_name": "Bookable",
    "organiser_email": "visits@example.org",
    "public_url": "https://visits.example.org",
}


def a_visit(
    starts_at: datetime,
    time_zone: str = "Europe/London",
    *,
    clinician: str = "Jane Smith",
    patient: str = "Ana Silva",
    place: str = "Riverside",
    address: str = "1 Mill Lane",
    minutes: int = 30,
    **changes: Any,
) -> Appointment:
    """Ana sees Dr Jane Smith; `changes` are columns."""
    facts: dict[str, Any] = {
        "id": 7,
        "uid": uuid.uuid4(),
        "session_type": SessionType.IN_PERSON,
        "status": Status.CONFIRMED,
        "version": 0,
        "updated_at": NOW,
        "description": "A rash",
        "patient_notes": "Since May",
        **changes,
    }
    return Appointment(
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        time_zone=time_zone,
        patient=Patient(full_name=patient),
        clinician=Clinician(account=Account(title="Dr", full_name=clinician)),
        centre=Centre(name=place, address=address, city="Leeds"),
        **facts,
    )


def invited(visit: Appointment, recipient: Recipient = Recipient.PATIENT, **changes: Any) -> bytes:
    """The invitation that a mail to ana@example.org carries; `changes` are arguments of `invitation`."""
    facts = {"attendee_email": "ana@example.org", **ORGANISER, **changes}
    return invitation(visit, recipient=recipient, **facts)


def parsed(content: bytes) -> Any:
    """The file as `icalendar` reads it, whose types say that any property may be anything."""
    return Calendar.from_ical(content)
