"""Links with which a patient pays a visit from wherever they are: one is live at a time.

A link leads to us, and from here to the provider's page, which is opened when somebody first follows it: so making
one calls nobody, and is part of whatever transaction wants it.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.commands.locking import lock_for_change
from portal.appointments.models import Appointment
from portal.core.errors import Forbidden, TooManyAttempts
from portal.core.events import publish
from portal.core.permissions import Actor, Permission
from portal.payments import starting
from portal.payments.errors import LinkSentMeanwhile, PaymentNotPossible, ProviderNotConfigured
from portal.payments.events import PaymentLinkWanted
from portal.payments.models import Payment, PaymentStatus
from portal.payments.practice import Practice
from portal.payments.requiring import ways_to_pay

MOST_LINKS, WINDOW = 5, timedelta(hours=1)


class LinkState(StrEnum):
    """What became of a link, in the documents' words. It is paid whole or not at all."""

    CREATED = "created"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


def make_link(
    session: Session,
    practice: Practice,
    appointment: Appointment,
    *,
    by: Actor,
    at: datetime,
    instead_of: int | None,
    amount_minor: int | None = None,
) -> Payment:
    """A new link for the fee of a visit, to be sent to its patient. Never commits.

    It takes the place of the live one, which must be the one that was seen: `instead_of` is its id, None for none.
    Raises Forbidden, ProviderNotConfigured, LinkSentMeanwhile, TooManyAttempts, AlreadyPaid, PaymentNotPossible
    (cancelled, free, only held), Invalid (another amount).
    """
    if not (by.may(Permission.PAYMENT_LINK_SEND) and by.may_at(appointment.centre_id)):
        raise Forbidden
    starting.check_payable(appointment, amount_minor)
    if not ways_to_pay(practice, appointment, by=by).online:
        raise ProviderNotConfigured
    lock_for_change(session, appointment)
    if appointment.is_hold:
        raise PaymentNotPossible
    live = live_link(session, appointment.id)
    if instead_of != (live.id if live else None):
        raise LinkSentMeanwhile
    _check_not_too_often(session, appointment.id, at)
    if live is not None:
        starting.replace(session, live, at)
    payment = starting.open_payment(
        session, appointment, practice=practice, by=by, at=at, is_link=True, amount_minor=amount_minor
    )
    publish(session, PaymentLinkWanted(payment.id, at))
    return payment


def live_link(session: Session, appointment_id: int) -> Payment | None:
    """The link of a visit that has not been paid or replaced, though its time may be over."""
    of_visit = Payment.appointment_id == appointment_id, Payment.is_link
    return session.scalar(select(Payment).where(*of_visit, Payment.status == PaymentStatus.PENDING))


def path(payment: Payment) -> str:
    """Where a link leads, below the portal's address."""
    return f"/payments/{payment.key}"


def state_of(link: Payment, at: datetime) -> LinkState:
    """What became of it by then; one that was replaced is cancelled until its own end."""
    if link.paid_at is not None:
        return LinkState.PAID
    if link.expires_at is not None and link.expires_at <= at:
        return LinkState.EXPIRED
    return LinkState.CREATED if link.status == PaymentStatus.PENDING else LinkState.CANCELLED


def _check_not_too_often(session: Session, appointment_id: int, at: datetime) -> None:
    """Whoever presses again and again fills the patient's phone."""
    recent = Payment.appointment_id == appointment_id, Payment.is_link, Payment.created_at > at - WINDOW
    made = session.scalars(select(Payment.created_at).where(*recent).order_by(Payment.created_at)).all()
    if len(made) >= MOST_LINKS:
        raise TooManyAttempts(retry_after_seconds=int((made[0] + WINDOW - at).total_seconds()) or 1)
