"""Taking a time for good: confirm what was held, or book it in one go."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from portal.appointments.commands.holding import hold
from portal.appointments.commands.locking import EXPIRED, expire_stale, lock_for_change, lock_time_of, note
from portal.appointments.commands.occupying import occupy, settle_occupancy
from portal.appointments.commands.offering import (
    asking_for,
    check_may_book_for,
    find_offer,
    look,
    new_appointment,
    not_offered,
)
from portal.appointments.commands.overriding import (
    Override,
    check_reason,
    check_rules,
    outside_window,
    record_override,
)
from portal.appointments.errors import BookingExpired
from portal.appointments.events import AppointmentConfirmed, AppointmentRequested
from portal.appointments.models import Appointment, AppointmentChange, Channel, SessionType, Status, Waiting
from portal.appointments.rules import answer_by, check_may_become
from portal.appointments.slots import SlotKey
from portal.core.errors import Invalid, _
from portal.core.events import publish
from portal.core.permissions import Actor, Permission
from portal.people.models import Patient
from portal.people.profiles import MOST_FEE_MINOR
from portal.scheduling.intervals import Interval
from portal.scheduling.queries import booking_rules
from portal.scheduling.rules import Refusal


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


def confirm(
    session: Session,
    appointment: Appointment,
    *,
    by: Actor,
    at: datetime,
    details: Details | None = None,
    reason: str = "",
) -> Appointment:
    """Turn a hold into an appointment, or into a request where the clinician accepts each one.

    Saying yes twice changes nothing. A hold that has run out meanwhile is taken anew when the time is still free,
    so the answer may be another appointment. Raises SlotTaken, with other times, when it is not, or when the
    clinician does not work then any more, and NotBookable when nothing of theirs can be booked any more. Staff who
    held it nearer or further than patients may book need a `reason`: Invalid without it.
    """
    details = details or Details()
    lock_for_change(session, appointment)
    if appointment.status == Status.CANCELLED and appointment.cancel_reason == EXPIRED:
        appointment = _renewed(session, appointment, by=by, at=at)
    if appointment.booked_at is not None and appointment.is_live:
        return appointment
    if appointment.booked_at is None:
        _check_still_worked(session, appointment, by, at)
    check_may_become(appointment, Status.CONFIRMED)
    if appointment.patient_id is None or _is_too_late(appointment, at):
        raise BookingExpired
    rules = held_around(session, appointment) if by.is_staff else ()
    check_reason(rules, Override(frozenset(rules), reason))
    for name, text in details.texts().items():
        setattr(appointment, name, text)
    _set_fee(appointment, details.fee_minor, by)
    line = _settle(session, appointment, by=by, at=at, reason=reason if rules else "")
    settle_occupancy(session, appointment)
    record_override(session, line, rules, by)
    return appointment


def held_around(session: Session, held: Appointment) -> tuple[Refusal, ...]:
    """Which rules staff book around with a time that they hold: notice or horizon, as it was when they held it."""
    rules = booking_rules(session, held.clinician_id)
    return outside_window(rules, held.starts_at, held.created_at)


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
    override: Override | None = None,
    series_id: int | None = None,
) -> Appointment:
    """Book a time for a patient at once. With `override`, staff who may do so take a time that is not offered.

    A visit of a series says so by `series_id`; whoever books the series tells of all its visits (SeriesBooked).

    Its reason goes into the history. Raises SlotTaken (with other times, and for staff the rules in the way),
    TooSoonOrTooFar, NotBookable, Forbidden, and Invalid where a reason is missing.
    """
    details = details or Details()
    lock_time_of(session, key.clinician_id, patient)
    offer = find_offer(session, key)
    check_may_book_for(session, offer, patient, by)
    expire_stale(session, offer.resources(patient), at)
    near = look(session, offer, asking_for(patient, by, at))
    rules = check_rules(session, near, offer, by, override)
    appointment = new_appointment(offer, by=by, at=at, session_type=session_type, **details.texts())
    appointment.channel, appointment.series_id = channel, series_id
    appointment.patient_id, appointment.patient = patient.id, patient
    appointment.is_overbooked = near.clashes(key, offer.service)
    appointment.is_patient_engaged = near.is_engaged(key, offer.service)
    _set_fee(appointment, details.fee_minor, by)
    session.add(appointment)
    line = _settle(session, appointment, by=by, at=at, reason=override.reason if override and rules else "")
    set_committed_value(appointment, "history", [line])  # all there is: whoever reads it need not ask
    occupy(session, appointment, offer.clinician, patient)
    record_override(session, line, rules, by)
    return appointment


def _check_still_worked(session: Session, held: Appointment, by: Actor, at: datetime) -> None:
    """A hold keeps its time from others, notice and horizon; it keeps no clinician at work."""
    offer = find_offer(session, SlotKey.of(held))
    asking = asking_for(held.patient, by, at, ignoring=held.id)
    refusal = look(session, offer, asking).off_duty(offer.key, Interval(held.starts_at, held.ends_at))
    if refusal:
        raise not_offered(session, offer, refusal, asking)


def _is_too_late(appointment: Appointment, at: datetime) -> bool:
    """A hold is kept until it ends, though its time begin meanwhile; after that only while the time is ahead."""
    return appointment.is_expired(at) and at >= appointment.starts_at


def _set_fee(appointment: Appointment, fee_minor: int | None, by: Actor) -> None:
    if fee_minor is None or fee_minor == appointment.fee_minor:
        return
    if not by.may(Permission.APPOINTMENT_SET_FEE):
        raise Invalid(details={"consultation_fee": _("The price has changed. Please check it.")})
    if fee_minor > MOST_FEE_MINOR:
        raise Invalid(details={"consultation_fee": _("Enter a smaller amount.")})
    appointment.fee_minor = fee_minor


def _settle(
    session: Session, appointment: Appointment, *, by: Actor, at: datetime, reason: str = ""
) -> AppointmentChange:
    """It is booked now, or waits for the clinician where a patient has asked; its time is the caller's to take."""
    needs_acceptance = appointment.clinician.requires_acceptance and not by.is_staff
    appointment.booked_at = at
    if by.account_id is not None:
        appointment.booked_by_id = by.account_id
    if needs_acceptance:
        appointment.waiting_for = Waiting.ACCEPTANCE
        appointment.hold_expires_at = answer_by(appointment.starts_at, at)
    else:
        appointment.status = Status.CONFIRMED
        appointment.waiting_for = None
        appointment.hold_expires_at = None
    kind, event = (
        ("requested", AppointmentRequested) if needs_acceptance else ("confirmed", AppointmentConfirmed)
    )
    line = note(session, appointment, kind=kind, before=Status.PENDING, by=by, reason=reason, at=at)
    publish(session, event(appointment.id, by, at))
    return line


def _renewed(session: Session, expired: Appointment, *, by: Actor, at: datetime) -> Appointment:
    """The same time for the same patient: what was booked since the hold ran out, or a new hold."""
    if expired.patient is None:
        raise BookingExpired
    booked = session.scalar(_booked_instead_of(expired))
    if booked is not None:
        return booked
    renewed = hold(
        session,
        SlotKey.of(expired),
        by=by,
        at=at,
        minutes=1,
        patient=expired.patient,
        session_type=SessionType(expired.session_type),
    )
    renewed.fee_minor = expired.fee_minor
    return renewed


def _booked_instead_of(expired: Appointment) -> Select[Appointment]:
    return select(Appointment).where(
        Appointment.patient_id == expired.patient_id,
        Appointment.clinician_id == expired.clinician_id,
        Appointment.service_id == expired.service_id,
        Appointment.starts_at == expired.starts_at,
        Appointment.booked_at.is_not(None),
        Appointment.status.in_([Status.PENDING, Status.CONFIRMED]),
    )
