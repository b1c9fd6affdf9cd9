"""Taking a time: hold it, give it a patient, confirm it; or book it in one go at the desk."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.commands.locking import (
    EXPIRED,
    end,
    expire_stale,
    lock_for_change,
    lock_resources,
    lock_row,
    note,
)
from portal.appointments.commands.occupying import occupy, occupy_patient, settle_occupancy
from portal.appointments.commands.offering import (
    Offer,
    asking_for,
    check_may_book_for,
    check_offered,
    find_offer,
    look,
    new_appointment,
    not_offered,
    report_override,
)
from portal.appointments.errors import BookingExpired
from portal.appointments.events import AppointmentConfirmed, AppointmentRequested
from portal.appointments.models import Appointment, Channel, Party, SessionType, Status, Waiting
from portal.appointments.rules import check_may_become, party_of
from portal.appointments.slots import SlotKey
from portal.core.errors import Forbidden, Invalid, _
from portal.core.events import publish
from portal.core.permissions import Actor, Permission
from portal.people.models import Patient
from portal.scheduling.rules import Refusal

RELEASED = "released"


@dataclass(frozen=True)
class Details:
    """What a booking may say beside its time. `fee_minor` overrides the service's price, for who may set it."""

    patient_notes: str = ""
    questions: str = ""
    title: str = ""
    description: str = ""
    fee_minor: int | None = None

    def texts(self) -> dict[str, str]:
        return {
            "patient_notes": self.patient_notes,
            "questions": self.questions,
            "title": self.title,
            "description": self.description,
        }


def hold(
    session: Session,
    key: SlotKey,
    *,
    by: Actor,
    at: datetime,
    minutes: int,
    patient: Patient | None = None,
    holder_hash: str | None = None,
    session_type: SessionType | None = None,
) -> Appointment:
    """Keep a time for `minutes` while its patient signs in, decides or is asked.

    `holder_hash` names the browser of somebody not signed in. One holder, or one patient, holds one time: the one
    held before is let go. Raises SlotTaken (with other times), TooSoonOrTooFar, NotBookable or Forbidden.
    """
    offer = find_offer(session, key)
    check_may_book_for(offer, patient, by)
    resources = offer.resources(patient)
    lock_resources(session, resources)
    expire_stale(session, resources, at)
    if not by.is_staff:
        _let_go(session, holder_hash, patient, by, at)
    near = check_offered(session, offer, asking_for(patient, by, at))
    appointment = new_appointment(offer, by=by, at=at, session_type=session_type)
    appointment.patient_id = patient.id if patient else None
    appointment.holder_hash = holder_hash
    appointment.waiting_for = Waiting.HOLD
    appointment.hold_expires_at = at + timedelta(minutes=minutes)
    session.add(appointment)
    note(session, appointment, kind="held", before=None, by=by, at=at)
    occupy(session, appointment, offer.clinician, patient)
    report_override(session, appointment, near.overridden(key), by, at)
    return appointment


def adopt(session: Session, appointment: Appointment, patient: Patient, *, by: Actor, at: datetime) -> None:
    """Give a hold taken before signing in its patient. Raises SlotTaken when the patient is busy then themself."""
    if appointment.patient_id == patient.id:
        return
    offer = find_offer(session, _key_of(appointment))
    check_may_book_for(offer, patient, by)
    lock_for_change(session, appointment, patient.resource_id)
    if not appointment.is_hold or appointment.patient_id is not None:
        raise BookingExpired
    expire_stale(session, [patient.resource_id], at)
    _let_go(session, None, patient, by, at)
    check_offered(session, offer, asking_for(patient, by, at, ignoring=appointment.id))
    appointment.patient_id = patient.id
    appointment.booked_by_id = by.account_id
    occupy_patient(session, appointment, patient)


def confirm(
    session: Session, appointment: Appointment, *, by: Actor, at: datetime, details: Details | None = None
) -> Appointment:
    """Turn a hold into an appointment, or into a request where the clinician accepts each one.

    Saying yes twice changes nothing. A hold that has run out meanwhile is taken anew when the time is still free,
    so the answer may be another appointment; otherwise SlotTaken offers others.
    """
    details = details or Details()
    lock_for_change(session, appointment)
    if appointment.status == Status.CANCELLED and appointment.cancel_reason == EXPIRED:
        appointment = _renewed(session, appointment, by=by, at=at)
    if appointment.booked_at is not None and appointment.is_live:
        return appointment
    check_may_become(appointment, Status.CONFIRMED)
    if at >= appointment.starts_at or appointment.patient_id is None:
        raise BookingExpired
    for name, text in details.texts().items():
        setattr(appointment, name, text)
    _set_fee(appointment, details.fee_minor, by)
    _settle(session, appointment, by=by, at=at)
    return appointment


def book(
    session: Session,
    key: SlotKey,
    *,
    patient: Patient,
    by: Actor,
    at: datetime,
    channel: Channel,
    session_type: SessionType | None = None,
    details: Details | None = None,
    overbook: bool = False,
) -> Appointment:
    """Book a time for a patient at once. With `overbook`, staff who may do so take a time that is not offered.

    Raises SlotTaken (with other times), TooSoonOrTooFar, NotBookable, Forbidden.
    """
    details = details or Details()
    offer = find_offer(session, key)
    check_may_book_for(offer, patient, by)
    lock_resources(session, offer.resources(patient))
    expire_stale(session, offer.resources(patient), at)
    asking = asking_for(patient, by, at)
    near = look(session, offer, asking)
    refusal = near.refusal(key, offer.service)
    if refusal and overbook:
        refusal = _overbooked(refusal, by, is_engaged=near.is_engaged(key, offer.service))
    elif refusal:
        raise not_offered(session, offer, refusal, asking)
OVERBOOKABLE = {Refusal.TAKEN, Refusal.NOT_ON_GRID, Refusal.OUTSIDE_HOURS, Refusal.LEAVE, Refusal.HOLIDAY}


def release(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """Let a held time go; one that is no longer held stays as it is."""
    lock_row(session, appointment)
    if appointment.is_hold:
        end(session, appointment, by=by, party=party_of(by), reason=RELEASED, at=at)


def find_offer(session: Session, key: SlotKey) -> Offer:
    """Clinician, service and centre of a slot; raises NotBookable unless all are open for bookings."""
    row: Any = session.execute(
        select(Clinician, Service, Centre)
        .join(Service, Service.clinician_id == Clinician.id)
        .outerjoin(Centre, Centre.id == key.centre_id)
        .where(Clinician.id == key.clinician_id, Service.id == key.service_id, Service.is_active, listed())
    ).one_or_none()
    if row is None:
        raise NotBookable
    clinician, service, centre = row
    if key.centre_id is not None and (centre is None or not centre.is_active or centre.deleted_at):
        raise NotBookable
    return Offer(clinician, service, centre, key)


def _resources(offer: Offer, patient: Patient | None) -> list[int]:
    return [offer.clinician.resource_id] + ([patient.resource_id] if patient else [])


def _let_go(
    session: Session, holder_hash: str | None, patient: Patient | None, by: Actor, at: datetime
) -> None:
    """End what this browser or this patient holds already, so that nobody keeps two times."""
    mine = []
    if holder_hash is not None:
        mine.append(Appointment.holder_hash == holder_hash)
    if patient is not None:
        mine.append(Appointment.patient_id == patient.id)
    for condition in mine:
        held = select(Appointment).where(condition, Appointment.waiting_for == Waiting.HOLD)
        for appointment in session.scalars(held.with_for_update(of=Appointment)):
            end(session, appointment, by=by, party=Party.PATIENT, reason=RELEASED, at=at)


def _check_offered(
    session: Session,
    offer: Offer,
    patient: Patient | None,
    by: Actor,
    at: datetime,
    *,
    ignoring: int | None = None,
) -> Availability:
    near = _look(session, offer, patient, by, at, ignoring=ignoring)
    refusal = near.refusal(offer.key, offer.service)
    if refusal:
        raise _not_offered(session, offer, refusal, patient, by, at)
    return near


def _look(
    session: Session,
    offer: Offer,
    patient: Patient | None,
    by: Actor,
    at: datetime,
    *,
    ignoring: int | None = None,
) -> Availability:
    asking = Asking(at, by.is_staff, patient.resource_id if patient else None, ignoring)
    return around(session, offer.clinician, offer.key.starts_at, asking)


def _report_override(
    session: Session, appointment: Appointment, what: Refusal | None, by: Actor, at: datetime
) -> None:
    if what:
        publish(session, RulesOverridden(appointment.id, by, at, what=what))


def _not_offered(  # noqa: PLR0917  the facts every booking turns on
    session: Session, offer: Offer, refusal: Refusal, patient: Patient | None, by: Actor, at: datetime
) -> SlotTaken:
    asking = Asking(at, by.is_staff, patient.resource_id if patient else None)
    others = alternatives(session, offer.clinician, offer.service, offer.key.starts_at, asking)
    kind = TooSoonOrTooFar if refusal in {Refusal.TOO_SOON, Refusal.TOO_FAR, Refusal.PAST} else SlotTaken
    message = THEY_ARE_ENGAGED if refusal is Refusal.ENGAGED and by.is_staff else NOT_OFFERED[refusal]
    return kind(message, alternatives=others, refusal=refusal)


def _check_may_book_for(offer: Offer, patient: Patient, by: Actor) -> None:
    """Clinicians book for themselves, centre staff at their centre, patients for themselves; nobody sees themself."""
    if patient.account_id is not None and patient.account_id == offer.clinician.account_id:
        raise Invalid(_("A clinician cannot be their own patient."))
    if by.role is Role.CLINICIAN and offer.clinician.id != by.clinician_id:
        raise Forbidden
    if by.role is Role.PATIENT and patient.id != by.patient_id:
        raise Forbidden
    if by.role is not None and by.role.is_bound_to_centre and not by.may_at(offer.key.centre_id):
        raise Forbidden


def _new(
    offer: Offer, *, by: Actor, at: datetime, session_type: SessionType | None, **texts: Any
) -> Appointment:
    slot = offer.key.with_length_of(offer.service)
    return Appointment(
        clinician_id=offer.clinician.id,
        clinician=offer.clinician,
        centre_id=offer.key.centre_id,
        service_id=offer.service.id,
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


def _set_fee(appointment: Appointment, fee_minor: int | None, by: Actor) -> None:
    if fee_minor is None or fee_minor == appointment.fee_minor:
        return
    if not by.may(Permission.APPOINTMENT_SET_FEE):
        raise Invalid(details={"fee": _("The price has changed. Please check it.")})
    appointment.fee_minor = fee_minor


def _settle(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """A hold is over: it is now booked, or waits for the clinician where a patient has asked for it."""
    needs_acceptance = appointment.clinician.requires_acceptance and not by.is_staff
    appointment.booked_at = at
    if by.account_id is not None:
        appointment.booked_by_id = by.account_id
    if needs_acceptance:
        appointment.waiting_for = Waiting.ACCEPTANCE
        appointment.hold_expires_at = appointment.starts_at
    else:
        appointment.status = Status.CONFIRMED
        appointment.waiting_for = None
        appointment.hold_expires_at = None
    kind, event = (
        ("requested", AppointmentRequested) if needs_acceptance else ("confirmed", AppointmentConfirmed)
    )
    note(session, appointment, kind=kind, before=Status.PENDING, by=by, at=at)
    settle_occupancy(session, appointment)
    publish(session, event(appointment.id, by, at))


def _renewed(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> Appointment:
    if appointment.patient is None:
        raise BookingExpired
    renewed = hold(
        session,
        _key_of(appointment),
        by=by,
        at=at,
        minutes=1,
        patient=appointment.patient,
        session_type=SessionType(appointment.session_type),
    )
    renewed.fee_minor = appointment.fee_minor
    return renewed


def _key_of(appointment: Appointment) -> SlotKey:
    return SlotKey(
        appointment.clinician_id, appointment.centre_id, appointment.service_id, appointment.starts_at
    )
