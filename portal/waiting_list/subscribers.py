"""What the waiting list does when appointments change: it notes whose times to look at, and follows its holds."""

from datetime import datetime

from sqlalchemy import exists, insert, literal, select, update
from sqlalchemy.orm import Session

from portal.appointments.events import AppointmentCancelled, AppointmentRescheduled
from portal.appointments.models import Appointment
from portal.waiting_list.models import EndReason, Entry, Offer, OfferState, Opening
from portal.waiting_list.queries import WAITING


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
