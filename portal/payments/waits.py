"""How long until somebody is asked again. Facts in, answer out: no session, no clock."""

from datetime import datetime, timedelta

from portal.payments.models import Payment, PaymentStatus

SOONEST, LATEST = timedelta(seconds=15), timedelta(minutes=10)
LATEST_AFTER_END = timedelta(hours=6)
# Razorpay cannot close an order, so one that is over here may still be paid there.
ASKED_AFTER_END = timedelta(days=14)
LONGEST_RETRY = timedelta(hours=1)


def next_look(payment: Payment, at: datetime) -> datetime | None:
    """When the provider is asked of a payment again: the older it is, the later, but at its end; None for never."""
    age = at - payment.created_at
    if payment.status == PaymentStatus.FAILED:
        return None if age > ASKED_AFTER_END else at + min(max(age / 4, SOONEST), LATEST_AFTER_END)
    if payment.status != PaymentStatus.PENDING:
        return None
    due = at + min(max(age / 4, SOONEST), LATEST)
    is_ahead = payment.expires_at is not None and payment.expires_at > at
    return min(due, payment.expires_at) if is_ahead and payment.expires_at else due


def next_attempt(attempts: int, at: datetime) -> datetime:
    """When that many attempts have failed: twice as long after each, an hour at the most."""
    return at + min(timedelta(seconds=2 ** min(attempts, 12)), LONGEST_RETRY)
