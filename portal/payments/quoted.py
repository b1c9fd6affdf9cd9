"""Booking at a quoted price, which goes before every other: once, for the service and with the clinician it names.

A quotation is free again when what was booked by it is cancelled, or its hold has run out. Whoever holds a time locks
that first, then the quotation.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.commands.locking import EXPIRED
from portal.appointments.events import AppointmentConfirmed, AppointmentRequested
from portal.appointments.models import Appointment, SessionType, Status
from portal.appointments.slots import SlotKey
from portal.core.errors import Invalid, _
from portal.core.permissions import Actor
from portal.payments.errors import QuotationIsFixed, QuotationUsed
from portal.payments.quotation_models import Quotation, QuotationStatus
from portal.payments.quoting import locked
from portal.people.models import Patient


def hold(
    session: Session,
    key: SlotKey,
    *,
    quotation: Quotation,
    by: Actor,
    at: datetime,
    minutes: int,
    patient: Patient | None = None,
    holder_hash: str | None = None,
    session_type: SessionType | None = None,
) -> Appointment:
    """Hold a time at the price that was accepted; see `appointments.hold`, whose refusals it shares.

    Raises Invalid for another clinician or service, QuotationIsFixed for one that was not accepted, QuotationUsed.
    """
    if (key.clinician_id, key.service_id) != (quotation.clinician_id, quotation.service_id):
        raise Invalid(details={"slot": _("The quotation is for another clinician or service.")})
    held = appointments.hold(
        session,
        key,
        by=by,
        at=at,
        minutes=minutes,
        patient=patient,
        holder_hash=holder_hash,
        session_type=session_type,
    )
    use(session, quotation, held)
    return held


def use(session: Session, quotation: Quotation, held: Appointment) -> None:
    """Give a time that has just been taken the quoted price. Raises QuotationIsFixed, QuotationUsed."""
    session.flush()
    mine = locked(session, quotation.id)
    if mine.status != QuotationStatus.ACCEPTED or mine.superseded_at is not None:
        raise QuotationIsFixed
    if held.currency != mine.currency:
        raise QuotationIsFixed
    before = _as_it_is_now(session, mine)
    if before is not None and before.status != Status.CANCELLED:
        raise QuotationUsed
    if before is not None and before.cancel_reason == EXPIRED:
        # Who comes back to a hold that has run out finds the usual price: the quoted one is for one visit.
        before.fee_minor = before.service.price_minor
    mine.appointment_id, mine.appointment = held.id, held
    held.fee_minor, held.description = mine.total_minor, mine.items[0].description
    session.flush()


def follow(session: Session, event: AppointmentConfirmed | AppointmentRequested) -> None:
    """Subscriber: a hold that had run out was taken anew, at its price, so that is where the quotation stands now.

    Whatever was booked at the usual price is none of a quotation's, so nearly every booking asks nothing here.
    """
    booked = session.get_one(Appointment, event.appointment_id)
    if booked.fee_minor == booked.service.price_minor:
        return
    renewed = (
        select(Quotation)
        .join(Appointment, Appointment.id == Quotation.appointment_id)
        .where(
            Appointment.patient_id == booked.patient_id,
            Appointment.clinician_id == booked.clinician_id,
            Appointment.service_id == booked.service_id,
            Appointment.starts_at == booked.starts_at,
            Appointment.status == Status.CANCELLED,
            Appointment.cancel_reason == EXPIRED,
            Quotation.total_minor == booked.fee_minor,
        )
        .with_for_update(of=Quotation)
    )
    quotation = session.scalar(renewed.limit(1))
    if quotation is not None:
        quotation.appointment_id, quotation.appointment = booked.id, booked


def _as_it_is_now(session: Session, quotation: Quotation) -> Appointment | None:
    """What it was used for last, if anything: read afresh, since its time was locked only now."""
    if quotation.appointment_id is None:
        return None
    return session.get_one(Appointment, quotation.appointment_id, populate_existing=True)
