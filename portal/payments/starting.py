"""Opening a payment: the row is committed first, then its provider is asked, then what it answered is recorded.

The row's key makes the provider make one payment, however often it is asked. Whoever dies between two steps loses
nothing: the next attempt finds the row and asks with the same key.
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.models import Appointment, Status
from portal.core.db import in_transaction
from portal.core.errors import Invalid, _
from portal.core.permissions import Actor
from portal.payments.errors import AlreadyPaid, BeingPrepared, PaymentNotPossible
from portal.payments.gateways import NotConfigured, Refused, Started, Unavailable
from portal.payments.locking import locked_payment, of_appointment
from portal.payments.models import Method, Payment, PaymentStatus, Purpose
from portal.payments.practice import Practice
from portal.payments.rules import paid_of
from portal.payments.waits import next_look

# Stripe opens no page for less than half an hour.
CHECKOUT = timedelta(minutes=31)
LONGEST_LINK = timedelta(hours=24)
# A payment made at the last moment is still heard of in time.
HOLD_OUTLIVES = timedelta(minutes=5)
# With less time than that a payer gets a new page.
LEAST_LEFT = timedelta(minutes=5)
REPLACED = _("Another page was opened instead.")


def open_payment(
    session: Session,
    appointment: Appointment,
    *,
    practice: Practice,
    by: Actor,
    at: datetime,
    is_link: bool = False,
    amount_minor: int | None = None,
) -> Payment:
    """The open payment of an appointment, the same while it lasts; `begin` then asks its provider. Never commits.

    What is to be paid is the appointment's fee; `amount_minor` only says what the payer was shown. A hold is kept
    for longer than the page. Raises BookingExpired, AlreadyPaid, Invalid (another amount), PaymentNotPossible.
    """
    expires_at = _end(appointment, at, is_link=is_link)
    appointments.prolong(session, appointment, until=expires_at + HOLD_OUTLIVES, at=at)
    _check_payable(appointment, amount_minor)
    payments = list(session.scalars(of_appointment(appointment.id)))
    if any(paid_of(payment).left_minor for payment in payments):
        raise AlreadyPaid
    for payment in payments:
        if payment.status == PaymentStatus.PENDING and payment.is_link == is_link:
            if _is_usable(payment, appointment, at):
                return payment
            _replace(session, payment, at)
    payment = _new(appointment, practice, by=by, at=at, expires_at=expires_at, is_link=is_link)
    session.add(payment)
    session.flush()
    return payment


def begin(session: Session, practice: Practice, payment_id: int, *, at: datetime) -> Started:
    """Ask the provider for the page of a payment, in transactions of its own; again is the same page.

    Raises BeingPrepared, PaymentNotPossible (over), Unavailable (try again: nothing is charged twice), Refused.
    """
    payment = in_transaction(session, lambda: _claim(session, practice, payment_id, at))
    try:
        started = _ask(practice, payment)
    except Unavailable:
        in_transaction(session, lambda: _let_go(session, payment_id, at))
        raise
    except Refused as error:
        failure = "" if isinstance(error, NotConfigured) else str(error)
        in_transaction(session, lambda: _give_up(session, payment_id, failure, at))
        raise
    in_transaction(session, lambda: _record(session, payment_id, started, at))
    return started


def _check_payable(appointment: Appointment, shown_minor: int | None) -> None:
    if shown_minor not in (None, appointment.fee_minor):
        raise Invalid(details={"amount": _("The price has changed. Please check it.")})
    if appointment.status == Status.CANCELLED or appointment.patient is None or appointment.fee_minor <= 0:
        raise PaymentNotPossible


def _end(appointment: Appointment, at: datetime, *, is_link: bool) -> datetime:
    """When the page closes: a link at the visit's start or after a day, but never sooner than a page."""
    last = min(appointment.starts_at, at + LONGEST_LINK) if is_link else at
    return max(at + CHECKOUT, last)


def _is_usable(payment: Payment, appointment: Appointment, at: datetime) -> bool:
    is_same = (payment.amount_minor, payment.currency) == (appointment.fee_minor, appointment.currency)
    return is_same and payment.expires_at is not None and payment.expires_at >= at + LEAST_LEFT


def _replace(session: Session, payment: Payment, at: datetime) -> None:
    """It is over here; the provider is to close it soon, or will tell that it was paid after all."""
    payment.status, payment.failure = PaymentStatus.FAILED, REPLACED
    payment.due_at = payment.updated_at = at
    session.flush()


def _new(
    appointment: Appointment,
    practice: Practice,
    *,
    by: Actor,
    at: datetime,
    expires_at: datetime,
    is_link: bool,
) -> Payment:
    return Payment(
        purpose=Purpose.APPOINTMENT,
        appointment_id=appointment.id,
        appointment=appointment,
        patient_id=appointment.patient_id,
        account_id=appointment.patient.account_id if appointment.patient else None,
        centre_id=appointment.centre_id,
        method=Method.ONLINE,
        provider=practice.provider_for(appointment.currency),
        amount_minor=appointment.fee_minor,
        currency=appointment.currency,
        status=PaymentStatus.PENDING,
        is_link=is_link,
        taken_by_id=by.account_id if by.is_staff else None,
        expires_at=expires_at,
        due_at=at,
        created_at=at,
        updated_at=at,
    )


def _claim(session: Session, practice: Practice, payment_id: int, at: datetime) -> Payment:
    """One attempt at a time until the provider has made it: Razorpay would make two of two at once."""
    is_free = or_(Payment.provider_payment_id.is_not(None), Payment.due_at <= at)
    taken = update(Payment).where(Payment.id == payment_id, Payment.status == PaymentStatus.PENDING, is_free)
    lease = {"due_at": at + practice.lease}
    won = session.scalar(taken.where(Payment.expires_at > at).values(lease).returning(Payment.id))
    payment = session.get_one(Payment, payment_id, populate_existing=True)
    if won is not None:
        return payment
    is_over = payment.status != PaymentStatus.PENDING or (payment.expires_at or at) <= at
    raise PaymentNotPossible if is_over else BeingPrepared


def _ask(practice: Practice, payment: Payment) -> Started:
    """No transaction is open here."""
    gateway, wanted = practice.gateway_of(payment), practice.wanted(payment)
    if not payment.is_link:
        return gateway.open_page(wanted)
    link = gateway.create_link(wanted)
    return Started(link.provider_id, url=link.url)


def _let_go(session: Session, payment_id: int, at: datetime) -> None:
    """The next attempt need not wait for the lease to end."""
    locked_payment(session, payment_id).due_at = at


def _give_up(session: Session, payment_id: int, failure: str, at: datetime) -> None:
    payment = locked_payment(session, payment_id)
    if payment.status == PaymentStatus.PENDING and payment.provider_payment_id is None:
        payment.status, payment.failure = PaymentStatus.FAILED, failure
        payment.due_at, payment.updated_at = None, at


def _record(session: Session, payment_id: int, started: Started, at: datetime) -> None:
    payment = locked_payment(session, payment_id)
    payment.provider_payment_id, payment.url = started.provider_id, started.url or payment.url
    payment.updated_at = at
    if payment.paid_at is None:
        payment.due_at = next_look(payment, at)
