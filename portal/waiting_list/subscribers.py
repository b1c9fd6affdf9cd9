"""What the waiting list does when appointments change: it notes whose times to look at, and follows its holds."""

from datetime import datetime

from sqlalchemy import Select, exists, insert, literal, select, update
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.events import AppointmentCancelled, AppointmentConfirmed, AppointmentRescheduled
from portal.appointments.models import Appointment
from portal.appointments.rules import CancellationOutcome
from portal.core.permissions import SYSTEM
from portal.settings import LateCancellation
from portal.waiting_list.commands import actor_of
from portal.waiting_list.models import EndReason, Entry, Offer, OfferState, Opening
from portal.waiting_list.queries import OFFER_WHOLE, WAITING


def follow_cancellation(session: Session, event: AppointmentCancelled) -> None:
    """A time is free. If it was the hold of an offer, that offer is over; if somebody waited to move, they need not."""
    if event.was_hold:
        _settle(session, event.appointment_id, event.at)
    else:
        _end_entry(session, event.appointment_id, event.at)
    _note(session, event.appointment_id, event.at)


def follow_move(session: Session, event: AppointmentRescheduled) -> None:
    """The time before is free."""
    _note(session, event.appointment_id, event.at)


def follow_booking(session: Session, event: AppointmentConfirmed) -> None:
    """Whoever took this time instead of a visit with somebody else has it now: that visit is cancelled.

    The time counts, not the hold: one that ran out while its patient paid has become another.
    """
    offer = session.scalar(_taken(session.get_one(Appointment, event.appointment_id)))
    old = offer.entry.appointment if offer is not None else None
    if offer is None or old is None or not offer.replaces_visit or not _can_go(old, event.at):
        return
    by, late = actor_of(offer.patient), LateCancellation.NO_REFUND
    terms = appointments.terms_for(session, old, by=by, at=event.at, late=late)
    if terms.outcome is not CancellationOutcome.FREE:
        by = SYSTEM  # it was offered in time, and paying took a while: that costs nobody anything
    appointments.cancel(session, old, by=by, at=event.at, late=late, reason=TAKEN)


TAKEN = "An earlier time with another clinician was taken from the waiting list."


def _taken(booked: Appointment) -> Select[Offer]:
    accepted = select(Offer).where(
        Offer.patient_id == booked.patient_id,
        Offer.clinician_id == booked.clinician_id,
        Offer.starts_at == booked.starts_at,
        Offer.state == OfferState.ACCEPTED,
    )
    return accepted.options(*OFFER_WHOLE)


def _can_go(visit: Appointment, at: datetime) -> bool:
    return visit.is_live and visit.started_at is None and visit.starts_at > at


def _note(session: Session, appointment_id: int, at: datetime) -> None:
    """Only added, never changed: two who cancel at once do not wait for each other."""
    clinician = session.get_one(Appointment, appointment_id).clinician_id
    somebody_waits = exists(select(Entry.id).where(WAITING))
    row = select(literal(clinician), literal(at)).where(somebody_waits)
    session.execute(insert(Opening).from_select(["clinician_id", "noted_at"], row))


def _settle(session: Session, hold_id: int, at: datetime) -> None:
    session.execute(
        update(Offer)
        .where(Offer.hold_id == hold_id, Offer.state == OfferState.OPEN)
        .values(state=OfferState.EXPIRED, settled_at=at)
    )


def _end_entry(session: Session, appointment_id: int, at: datetime) -> None:
    session.execute(
        update(Entry)
        .where(WAITING, Entry.appointment_id == appointment_id)
        .values(ended_at=at, end_reason=EndReason.OVER)
    )
