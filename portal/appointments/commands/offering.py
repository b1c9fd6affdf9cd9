"""What is to be booked: who, what and where, whether that is offered, and the appointment it would become."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability, around
from portal.appointments.errors import NOT_OFFERED, THEY_ARE_ENGAGED, NotBookable, SlotTaken, TooSoonOrTooFar
from portal.appointments.models import Appointment, Channel, SessionType, Status
from portal.appointments.nearest import alternatives
from portal.appointments.slots import SlotKey
from portal.centres.models import Centre
from portal.core.errors import Forbidden, Invalid, _
from portal.core.permissions import Actor, Role
from portal.people.caring import check_acts_for
from portal.people.models import Clinician, Patient
from portal.people.queries import listed, works_at
from portal.scheduling.models import Service
from portal.scheduling.rules import Refusal


@dataclass(frozen=True)
class Offer:
    """A service of a clinician at a centre, all three open for bookings."""

    clinician: Clinician
    service: Service
    centre: Centre | None
    key: SlotKey = field(repr=False)

    @property
    def time_zone(self) -> str:
        return self.centre.time_zone if self.centre else self.clinician.time_zone

    def resources(self, patient: Patient | None) -> list[int]:
        """Whose time a visit would take."""
        return [self.clinician.resource_id, *([patient.resource_id] if patient else [])]


def find_offer(session: Session, key: SlotKey) -> Offer:
    """Clinician, service and centre of a slot; raises NotBookable unless all are open for bookings.

    To be asked once the clinician's resource is locked: whoever retires a clinician or a centre locks it too.
    """
    is_there = (
        works_at(frozenset([key.centre_id])) if key.centre_id else Clinician.primary_centre_id.is_(None)
    )
    row: Any = session.execute(
        select(Clinician, Service, Centre)
        .join(Service, Service.clinician_id == Clinician.id)
        .outerjoin(Centre, and_(Centre.id == key.centre_id, Centre.is_active, Centre.deleted_at.is_(None)))
        .where(
            Clinician.id == key.clinician_id,
            Service.id == key.service_id,
            Service.is_active,
            listed(),
            is_there,
        )
    ).one_or_none()
    if row is None:
        raise NotBookable
    clinician, service, centre = row
    if key.centre_id is not None and centre is None:
        raise NotBookable
    return Offer(clinician, service, centre, key)


def check_may_book_for(session: Session, offer: Offer, patient: Patient | None, by: Actor) -> None:
    """Clinicians book for themselves, centre staff at their centre; nobody sees themself.

    Patients book for themselves and those they look after, which is looked up now that the time is locked.
    """
    if patient is not None and patient.account_id == offer.clinician.account_id:
        raise Invalid(_("A clinician cannot be their own patient."))
    if by.role is Role.CLINICIAN and offer.clinician.id != by.clinician_id:
        raise Forbidden
    if by.role is Role.PATIENT and patient is not None:
        check_acts_for(session, by, patient)
    if by.role is not None and by.role.is_bound_to_centre and not by.may_at(offer.key.centre_id):
        raise Forbidden


def asking_for(patient: Patient | None, by: Actor, at: datetime, *, ignoring: int | None = None) -> Asking:
    """The question whether this patient may have a time, asked by that actor."""
    return Asking(at, by.is_staff, patient.resource_id if patient else None, ignoring)


def look(session: Session, offer: Offer, asking: Asking) -> Availability:
    """The clinician's availability around the time in question."""
    return around(session, offer.clinician, offer.key.starts_at, asking)


def not_offered(
    session: Session, offer: Offer, refusal: Refusal, asking: Asking, *, rules: Sequence[Refusal] = ()
) -> SlotTaken:
    """The refusal in words, with the free times nearest to the one that was wanted.

    `rules` are for staff all that is in the way.
    """
    others = alternatives(session, offer.clinician, offer.service, offer.key.starts_at, asking)
    kind = TooSoonOrTooFar if refusal in {Refusal.TOO_SOON, Refusal.TOO_FAR, Refusal.PAST} else SlotTaken
    message = THEY_ARE_ENGAGED if refusal is Refusal.ENGAGED and asking.is_staff else NOT_OFFERED[refusal]
    return kind(message, alternatives=others, refusal=refusal, rules=rules)


def new_appointment(
    offer: Offer, *, by: Actor, at: datetime, session_type: SessionType | None, **texts: Any
) -> Appointment:
    """The offer as an appointment that is not taken yet; raises NotBookable for a way that is not offered."""
    slot = offer.key.with_length_of(offer.service)
    return Appointment(
        clinician_id=offer.clinician.id,
        clinician=offer.clinician,
        centre_id=offer.key.centre_id,
        centre=offer.centre,
        service_id=offer.service.id,
        service=offer.service,
        session_type=_session_type(offer, session_type),
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        buffer_before_minutes=offer.service.buffer_before_minutes,
        buffer_after_minutes=offer.service.buffer_after_minutes,
        time_zone=offer.time_zone,
        status=Status.PENDING,
        fee_minor=offer.service.price_minor,
        currency=offer.centre.currency if offer.centre else offer.clinician.currency,
        channel=Channel.DESK if by.is_staff else Channel.PORTAL,
        booked_by_id=by.account_id,
        created_at=at,
        updated_at=at,
        **texts,
    )


def _session_type(offer: Offer, wanted: SessionType | None) -> SessionType:
    """The wish where the service allows it; without a wish, in person where that is possible."""
    possible = []
    if offer.service.is_in_person and offer.centre is not None:
        possible.append(SessionType.IN_PERSON)
    if offer.service.is_online:
        possible.append(SessionType.ONLINE)
    if not possible or (wanted is not None and wanted not in possible):
        raise NotBookable
    return wanted or possible[0]
