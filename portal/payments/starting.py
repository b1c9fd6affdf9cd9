"""Opening a payment: the row is committed first, then its provider is asked, then what it answered is recorded.

The row's key makes the provider make one payment, however often it is asked. Whoever dies between two steps loses
nothing: the next attempt finds the row and asks with the same key.
"""

import dataclasses
import uuid
from datetime import datetime, timedelta
from typing import Any

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
from portal.payments.queries import is_covered
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
    by_script: bool = False,
    amount_minor: int | None = None,
) -> Payment:
    """The open payment of an appointment, the same while it lasts; `begin` then asks its provider. Never commits.

    What is to be paid is the appointment's fee; `amount_minor` only says what the payer was shown. A hold is kept
    for longer than the page. `by_script` is as for `begin`: who changes from one to the other gets another payment.
    Raises BookingExpired, AlreadyPaid, Invalid (another amount), PaymentNotPossible.
    """
    expires_at = _end(appointment, at, is_link=is_link)
    appointments.prolong(session, appointment, until=expires_at + HOLD_OUTLIVES, at=at)
    check_payable(appointment, amount_minor)
    payments = list(session.scalars(of_appointment(appointment.id)))
    if any(paid_of(payment).left_minor for payment in payments) or is_covered(session, appointment.id):
        raise AlreadyPaid
    for payment in payments:
        if payment.status == PaymentStatus.PENDING and payment.is_link == is_link:
            if _is_usable(payment, appointment, at) and may_be(payment, by_script=by_script):
                return payment
            replace(session, payment, at)
    payment = Payment(
        **_facts_online(appointment, practice, by, at), is_link=is_link, expires_at=expires_at, due_at=at
    )
    session.add(payment)
    session.flush()
    return payment


def begin(
    session: Session, practice: Practice, payment_id: int, *, at: datetime, by_script: bool = False
) -> Started:
    """Ask the provider for the page of a payment, in transactions of its own; again is the same page.

    `by_script` asks for what a program or script completes instead of a page.
    Raises BeingPrepared, PaymentNotPossible (over, or of the other kind), Unavailable (try again: nothing is charged
    twice), Refused.
    """
    payment = in_transaction(session, lambda: _claim(session, practice, payment_id, at, by_script=by_script))
    try:
        started = _ask(practice, payment, by_script=by_script)
    except Unavailable:
        in_transaction(session, lambda: _let_go(session, payment_id, at))
        raise
    except Refused as error:
        failure = "" if isinstance(error, NotConfigured) else str(error)
        in_transaction(session, lambda: _give_up(session, payment_id, failure, at))
        raise
    in_transaction(session, lambda: _record(session, payment_id, started, at))
    return started


def check_payable(appointment: Appointment, shown_minor: int | None) -> None:
    """Raises Invalid for another amount than the fee, PaymentNotPossible where there is nobody or nothing to pay."""
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


def may_be(payment: Payment, *, by_script: bool) -> bool:
    """A page has an address, what a script completes has none; what its provider told nothing of may be either."""
    return payment.provider_payment_id is None or (payment.url == "") == by_script


def replace(session: Session, payment: Payment, at: datetime, failure: str = REPLACED) -> None:
    """It is over here; the provider is to close it soon, or will tell that it was paid after all."""
    payment.status, payment.failure = PaymentStatus.FAILED, failure
    payment.due_at = payment.updated_at = at
    session.flush()


def facts_of(appointment: Appointment, by: Actor, at: datetime) -> dict[str, Any]:
    """What a payment of that visit says of it, whichever way it is paid."""
    return {
        "purpose": Purpose.APPOINTMENT,
        "appointment_id": appointment.id,
        "appointment": appointment,
        "patient_id": appointment.patient_id,
        "account_id": _payer(appointment, by),
        "centre_id": appointment.centre_id,
        "amount_minor": appointment.fee_minor,
        "currency": appointment.currency,
        "taken_by_id": by.account_id if by.is_staff else None,
        "created_at": at,
        "updated_at": at,
    }


def _payer(appointment: Appointment, by: Actor) -> int | None:
    """Whose books it goes into: the patient's, or those of whoever books for them."""
    own = appointment.patient.account_id if appointment.patient else None
    return own or (None if by.is_staff else by.account_id)


def _facts_online(appointment: Appointment, practice: Practice, by: Actor, at: datetime) -> dict[str, Any]:
    provider = practice.provider_for(appointment.currency)
    pending = {"method": Method.ONLINE, "provider": provider, "status": PaymentStatus.PENDING}
    return {**facts_of(appointment, by, at), **pending}


def _claim(
    session: Session, practice: Practice, payment_id: int, at: datetime, *, by_script: bool
) -> Payment:
    """One attempt at a time until the provider has made it: Razorpay would make two of two at once.

    What is due at its end only is waited for by nobody (see settling).
    """
    is_free = or_(
        Payment.provider_payment_id.is_not(None), Payment.due_at <= at, Payment.due_at >= Payment.expires_at
    )
    taken = update(Payment).where(Payment.id == payment_id, Payment.status == PaymentStatus.PENDING, is_free)
    lease = {"due_at": at + practice.lease}
    won = session.scalar(taken.where(Payment.expires_at > at).values(lease).returning(Payment.id))
    payment = session.get_one(Payment, payment_id, populate_existing=True)
    if not may_be(payment, by_script=by_script):
        raise PaymentNotPossible
    if won is not None:
        return payment
    is_over = payment.status != PaymentStatus.PENDING or (payment.expires_at or at) <= at
    raise PaymentNotPossible if is_over else BeingPrepared


def _ask(practice: Practice, payment: Payment, *, by_script: bool) -> Started:
    """No transaction is open here. Providers take a key for one kind of thing only."""
    gateway, wanted = practice.gateway_of(payment), practice.wanted(payment)
    if by_script:
        return gateway.start(dataclasses.replace(wanted, key=uuid.uuid5(wanted.key, "script")))
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
