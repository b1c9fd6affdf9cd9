"""What a provider says of a payment becomes our state, exactly once; and paid and booked are settled together.

Only the provider is believed, and only when asked: what a browser or a webhook says is a reason to ask. Whoever
settles locks the appointment's time first, then its payment, as do those who cancel.
"""

import logging
from datetime import datetime

from sqlalchemy.orm import Session

from portal.appointments.commands import Details, confirm
from portal.appointments.commands.locking import lock_for_change
from portal.appointments.models import Appointment, Status
from portal.core.db import in_transaction
from portal.core.errors import PortalError, _
from portal.core.events import publish
from portal.core.permissions import SYSTEM
from portal.payments import ledger, receipts, refunding
from portal.payments.events import PaymentReceived, PaymentUnusable
from portal.payments.gateways import Found, State
from portal.payments.locking import locked_payment, of_appointment
from portal.payments.models import Payment, PaymentStatus, Purpose
from portal.payments.practice import Practice
from portal.payments.queries import is_covered
from portal.payments.rules import ANOTHER_AMOUNT, paid_of
from portal.payments.waits import next_look

log = logging.getLogger(__name__)

TIME_IS_GONE = _("The time was no longer free when the payment arrived.")
PAID_TWICE = _("The appointment had been paid already.")
OVER = {State.FAILED, State.CANCELLED}
HAS_BEEN = {Status.COMPLETED, Status.NO_SHOW}


def ask(session: Session, practice: Practice, payment_id: int, *, at: datetime) -> PaymentStatus:
    """Ask the provider for a payment and settle what it says, in transactions of its own; the status then.

    One whose time is over is closed at the provider's. Raises Unavailable, and Refused for what it does not know.
    """
    payment = in_transaction(session, lambda: session.get_one(Payment, payment_id, populate_existing=True))
    if payment.provider is None or payment.provider_payment_id is None:
        return in_transaction(session, lambda: _settle_unknown(session, payment_id, at))
    gateway = practice.gateway_of(payment)
    look = gateway.cancel if _is_to_be_closed(payment, at) else gateway.look
    found = look(payment.provider_payment_id)
    return in_transaction(session, lambda: settle(session, practice, payment_id, found, at=at))


def settle(
    session: Session, practice: Practice, payment_id: int, found: Found, *, at: datetime
) -> PaymentStatus:
    """Make what the provider said our own state; saying it again changes nothing. Never commits.

    A payment that failed leaves a hold as it is.
    """
    payment = session.get_one(Payment, payment_id)
    if payment.appointment is not None:
        lock_for_change(session, payment.appointment)
    payment = locked_payment(session, payment_id)
    if payment.paid_at is None:
        payment.updated_at = at
        if found.state is State.PAID:
            _settle_paid(session, practice, payment, found, at)
        else:
            _settle_unpaid(payment, found, at)
    return PaymentStatus(payment.status)


def _settle_paid(session: Session, practice: Practice, payment: Payment, found: Found, at: datetime) -> None:
    if found.paid != payment.money:
        log.error("a payment is not what was asked for", extra={"payment": payment.id})
        payment.failure = ANOTHER_AMOUNT
        payment.due_at = next_look(payment, at)
        return
    payment.status, payment.paid_at, payment.failure, payment.due_at = PaymentStatus.PAID, at, "", None
    payment.transaction_id, payment.instrument = found.transaction_id, found.method
    session.flush()
    ledger.record_paid(session, payment, at=at)
    publish(session, PaymentReceived(payment.id, at))
    if payment.purpose == Purpose.APPOINTMENT:
        _settle_visit(session, payment, at)
    # Everybody waits for a number, so it comes last.
    receipts.issue_for(session, payment, at=at, zone=practice.time_zone)


def _settle_visit(session: Session, payment: Payment, at: datetime) -> None:
    """The visit that was paid for takes place, or all of the money goes back, with the reason."""
    visit = _visit_for(session, payment, at)
    if visit is not None:
        payment.appointment_id, payment.appointment = visit.id, visit
        session.flush()
    why = TIME_IS_GONE if visit is None else PAID_TWICE if _is_paid_otherwise(session, payment, visit) else ""
    if why:
        refunding.queue(session, payment.id, payment.amount_minor, reason=why, by=SYSTEM, at=at)
        publish(session, PaymentUnusable(payment.id, at))


def _visit_for(session: Session, payment: Payment, at: datetime) -> Appointment | None:
    """The appointment confirmed, or the same time taken again where its hold had run out; None where it is gone."""
    held = payment.appointment
    if held is None or held.status in HAS_BEEN:
        return held
    texts = {name: getattr(held, name) for name in Details().texts()}
    try:
        with session.begin_nested():
            return confirm(session, held, by=SYSTEM, at=at, details=Details(**texts))
    except PortalError as refusal:
        log.info("paid for a time that is gone", extra={"payment": payment.id, "code": refusal.code})
        return None


def _is_paid_otherwise(session: Session, payment: Payment, visit: Appointment) -> bool:
    others = session.scalars(of_appointment(visit.id))
    is_paid = any(paid_of(other).left_minor for other in others if other.id != payment.id)
    return is_paid or is_covered(session, visit.id)


def _settle_unpaid(payment: Payment, found: Found, at: datetime) -> None:
    """A declined card leaves it open, for the payer may try another; what is over may still be paid late."""
    if found.state in OVER:
        payment.status = PaymentStatus.FAILED
    payment.failure = found.failure or payment.failure
    payment.due_at = next_look(payment, at)


def _settle_unknown(session: Session, payment_id: int, at: datetime) -> PaymentStatus:
    """No provider has told us of a page, so nobody was shown one: there is nothing to ask, only to end."""
    payment = locked_payment(session, payment_id)
    if payment.provider is not None and payment.provider_payment_id is None and _is_to_be_closed(payment, at):
        payment.status, payment.due_at, payment.updated_at = PaymentStatus.FAILED, None, at
    elif payment.paid_at is None and payment.provider_payment_id is None:
        payment.due_at = payment.expires_at
    return PaymentStatus(payment.status)


def _is_to_be_closed(payment: Payment, at: datetime) -> bool:
    if payment.paid_at is not None:
        return False
    is_late = payment.expires_at is not None and payment.expires_at <= at
    return is_late or payment.status == PaymentStatus.FAILED
