"""Money that goes back: a row first, under the policy; a job sends it, with the row's key, and records the answer.

A claim is a lease, as for messages. A second attempt says the same as the first, so that the money goes back once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.appointments.events import AppointmentCancelled
from portal.appointments.models import Appointment
from portal.appointments.rules import CancellationOutcome, party_of
from portal.core.db import in_transaction
from portal.core.events import publish
from portal.core.money import Money
from portal.core.permissions import Actor
from portal.payments import cancelling, ledger, rules
from portal.payments.errors import PaymentNotPossible
from portal.payments.events import RefundFailed, RefundSettled
from portal.payments.gateways import NotConfigured, Refunded, RefundState, Refused, Unavailable, WantedRefund
from portal.payments.locking import locked_payment, of_appointment
from portal.payments.models import Method, Payment, PaymentStatus, Purpose, Refund
from portal.payments.practice import Practice
from portal.payments.waits import next_attempt

# How often a provider is asked whether a refund that it has taken has arrived.
ASKED_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class Claim:
    """A refund of which one attempt is ours."""

    refund_id: int
    attempt: int


def queue(session: Session, payment_id: int, minor: int, *, reason: str, by: Actor, at: datetime) -> Refund:
    """Write down that so much goes back; a job sends it. Never commits.

    Raises RefundNotAllowed for more than is left, PaymentNotPossible for credits that were bought, which may have
    been spent. Of two at once the second waits and sees the first.
    """
    payment = locked_payment(session, payment_id)
    if payment.purpose == Purpose.CREDITS:
        raise PaymentNotPossible
    rules.check_refundable(rules.paid_of(payment), minor)
    refund = Refund(
        payment_id=payment.id,
        amount_minor=minor,
        reason=reason,
        by_account_id=by.account_id,
        by_name=by.full_name,
        status=RefundState.PENDING,
        due_at=at,
        created_at=at,
    )
    session.add(refund)
    session.flush()
    _follow(session, payment, at)
    if payment.method == Method.CREDITS:
        record(session, refund.id, RefundState.DONE, at=at)
    return refund


def settle_cancellation(session: Session, event: AppointmentCancelled) -> None:
    """What was paid for an appointment that will not be goes back under the policy; open pages are closed soon."""
    appointment = session.get_one(Appointment, event.appointment_id)
    payments = list(session.scalars(of_appointment(appointment.id)))
    for payment in payments:
        if payment.status == PaymentStatus.PENDING:
            payment.expires_at = min(payment.expires_at or event.at, event.at)
            payment.due_at = payment.updated_at = event.at
    paid = [payment for payment in payments if payment.paid_at is not None]
    if not paid:
        return
    for payment in paid:
        session.expire(payment, ["refunds"])
    due = cancelling.due(appointment, paid, _outcome(session, appointment, event), by=party_of(event.by))
    for share in due.shares:
        if share.back_minor:
            reason = appointment.cancel_reason
            queue(session, share.payment.id, share.back_minor, reason=reason, by=event.by, at=event.at)


def _outcome(session: Session, appointment: Appointment, event: AppointmentCancelled) -> CancellationOutcome:
    """A request or a hold costs nothing."""
    if event.was_hold or event.was_request:
        return CancellationOutcome.FREE
    return cancelling.outcome_of(session, appointment, by=event.by, at=event.at)


def claim_due(session: Session, *, limit: int, at: datetime, lease: timedelta) -> Sequence[Claim]:
    """Take up to so many online refunds that are due, those whose lease has ended included."""
    due = (
        select(Refund.id)
        .join(Refund.payment)
        .where(Refund.status == RefundState.PENDING, Refund.due_at <= at, Payment.method == Method.ONLINE)
        .order_by(Refund.due_at)
        .limit(limit)
        .with_for_update(of=Refund, skip_locked=True)
        .cte("due")
    )
    taken = session.execute(
        update(Refund)
        .where(Refund.id == due.c.id)
        .values(due_at=at + lease, attempts=Refund.attempts + 1)
        .returning(Refund.id, Refund.attempts),
        execution_options={"synchronize_session": False},
    )
    return [Claim(*row) for row in taken]


def send(session: Session, practice: Practice, claim: Claim, *, at: datetime) -> None:
    """Give back what was claimed, or ask what has become of it, in transactions of its own."""
    refund = in_transaction(session, lambda: _get(session, claim.refund_id))
    if refund.status != RefundState.PENDING or refund.attempts != claim.attempt:
        return
    try:
        answer = _call(practice, refund)
    except (Unavailable, NotConfigured) as error:
        waiting = str(error)
        in_transaction(session, lambda: _wait(session, claim, waiting, at))
    except Refused as error:
        failure = str(error)
        in_transaction(
            session, lambda: record(session, claim.refund_id, RefundState.FAILED, at=at, failure=failure)
        )
    else:
        in_transaction(session, lambda: _record_answer(session, claim.refund_id, answer, at))


def ask_of_payment(session: Session, practice: Practice, payment_id: int, *, at: datetime) -> None:
    """Ask what has become of the refunds of a payment that its provider has taken, in transactions of its own."""
    known = select(Refund).where(
        Refund.payment_id == payment_id,
        Refund.provider_refund_id.is_not(None),
        Refund.status != RefundState.FAILED,
    )
    payment = in_transaction(session, lambda: session.get_one(Payment, payment_id))
    refunds = in_transaction(session, lambda: list(session.scalars(known)))
    for refund in refunds:
        answer = practice.gateway_of(payment).look_refund(refund.provider_refund_id or "")
        in_transaction(session, partial(_record_answer, session, refund.id, answer, at))


def record(session: Session, refund_id: int, state: RefundState, *, at: datetime, failure: str = "") -> None:
    """What became of a refund, once however often it is told; also one that the desk handed over. Never commits."""
    refund = _get(session, refund_id)
    payment = locked_payment(session, refund.payment_id)
    session.refresh(refund)
    if refund.status == state:
        return
    rules.check_refund_may_become(refund, state)
    if state is RefundState.DONE:
        ledger.record_refund(session, refund, at=at)
    elif refund.status == RefundState.DONE:
        ledger.record_failed_refund(session, refund, at=at)
    refund.status, refund.settled_at, refund.failure = state, at, failure
    _follow(session, payment, at)
    happened = RefundSettled if state is RefundState.DONE else RefundFailed
    publish(session, happened(payment.id, at, refund_id=refund.id))


def _call(practice: Practice, refund: Refund) -> Refunded:
    """No transaction is open here."""
    payment = refund.payment
    gateway = practice.gateway_of(payment)
    if refund.provider_refund_id is not None:
        return gateway.look_refund(refund.provider_refund_id)
    wanted = WantedRefund(
        key=refund.key,
        provider_id=payment.provider_payment_id or "",
        transaction_id=payment.transaction_id,
        money=Money(refund.amount_minor, payment.currency),
    )
    return gateway.refund(wanted)


def _get(session: Session, refund_id: int) -> Refund:
    """The refund with its payment."""
    refund = session.get_one(Refund, refund_id, populate_existing=True)
    session.get_one(Payment, refund.payment_id)
    return refund


def _record_answer(session: Session, refund_id: int, answer: Refunded, at: datetime) -> None:
    refund = _get(session, refund_id)
    locked_payment(session, refund.payment_id)
    refund.provider_refund_id = answer.provider_id
    if answer.state is RefundState.PENDING:
        refund.due_at = at + ASKED_EVERY
        return
    session.flush()
    record(session, refund_id, answer.state, at=at)


def _wait(session: Session, claim: Claim, failure: str, at: datetime) -> None:
    mine = Refund.id == claim.refund_id, Refund.attempts == claim.attempt
    again = {"due_at": next_attempt(claim.attempt, at), "failure": failure}
    session.execute(update(Refund).where(*mine).values(again))


def _follow(session: Session, payment: Payment, at: datetime) -> None:
    """A payment's status follows from its refunds."""
    session.flush()
    session.expire(payment, ["refunds"])
    status = rules.status_of(rules.paid_of(payment))
    if status != payment.status:
        rules.check_may_become(payment, status)
        payment.status, payment.updated_at = status, at
        session.flush()
