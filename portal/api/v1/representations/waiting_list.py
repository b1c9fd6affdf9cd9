"""Those who wait, and what is offered to them, as they go out and come in."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from portal.api.v1.representations.base import Body, Id, Listing, Shape, amount
from portal.appointments.models import SessionType
from portal.waiting_list.commands import ALL_DAYS, ALL_PARTS, When
from portal.waiting_list.models import Entry, Offer, PartOfDay

Weekday = Annotated[int, Field(ge=1, le=7)]


class EntryShape(Shape):
    id: int
    patient_id: int
    patient_name: str
    appointment_id: int | None = Field(description="The visit that is to come earlier.")
    clinician_id: int
    clinician_name: str
    any_clinician: bool
    service_id: int
    service_title: str
    centre_id: int | None
    session_type: SessionType
    weekdays: list[int] = Field(description="1 for Monday.")
    times_of_day: list[PartOfDay]
    last_date: date | None
    created_at: datetime


class OfferShape(Shape):
    id: int
    entry_id: int
    clinician_id: int
    clinician_name: str
    service_id: int
    centre_id: int | None
    start_at: datetime
    end_at: datetime
    time_zone: str
    previous_start_at: datetime | None = Field(description="The start of the visit that would move.")
    replaces_appointment_id: int | None = Field(
        description="The visit with somebody else that a yes cancels, free of charge."
    )
    consultation_fee: float = Field(description="What the visit costs if the offer is taken.")
    currency: str
    expires_at: datetime


class EntryQuery(Listing):
    centre_id: Id | None = None


class NewEntry(Body):
    """With `appointmentId` for an earlier time of that visit; else for any time of a service."""

    appointment_id: Id | None = None
    clinician_id: Id | None = None
    service_id: Id | None = None
    centre_id: Id | None = None
    patient_id: Id | None = Field(
        None,
        description="Needed from staff, where no appointment is named; from patients, whom they look after.",
    )
    any_clinician: bool = False
    session_type: SessionType | None = None
    weekdays: list[Weekday] = Field(list(ALL_DAYS), max_length=7, description="1 for Monday.")
    times_of_day: list[PartOfDay] = Field(list(ALL_PARTS), max_length=3)
    last_date: date | None = None

    def when(self) -> When:
        """What would do."""
        return When(tuple(self.weekdays), tuple(self.times_of_day), self.last_date)


def entry_shape(entry: Entry) -> EntryShape:
    """An entry with its people."""
    return EntryShape(
        id=entry.id,
        patient_id=entry.patient_id,
        patient_name=entry.patient.full_name,
        appointment_id=entry.appointment_id,
        clinician_id=entry.clinician_id,
        clinician_name=entry.clinician.full_name,
        any_clinician=entry.any_clinician,
        service_id=entry.service_id,
        service_title=entry.service.title,
        centre_id=entry.centre_id,
        session_type=SessionType(entry.session_type),
        weekdays=entry.weekdays,
        times_of_day=[PartOfDay(one) for one in entry.parts],
        last_date=entry.last_on,
        created_at=entry.created_at,
    )


def offer_shape(offer: Offer) -> OfferShape:
    """An offer with the time that is kept."""
    hold = offer.hold
    return OfferShape(
        id=offer.id,
        entry_id=offer.entry_id,
        clinician_id=offer.clinician_id,
        clinician_name=hold.clinician.full_name,
        service_id=hold.service_id,
        centre_id=hold.centre_id,
        start_at=hold.starts_at,
        end_at=hold.ends_at,
        time_zone=hold.time_zone,
        previous_start_at=offer.previous_starts_at,
        replaces_appointment_id=offer.entry.appointment_id if offer.replaces_visit else None,
        consultation_fee=amount(offer.visit.fee_minor, offer.visit.currency),
        currency=offer.visit.currency,
        expires_at=offer.expires_at,
    )
