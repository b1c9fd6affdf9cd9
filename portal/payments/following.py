"""Following subscriptions that their provider renews: what it says becomes our state, whoever tells us to ask.

Each period that it was paid for becomes a payment of its own, with its place in the ledger and a receipt.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.db import in_transaction
from portal.payments import settling
from portal.payments.gateways import Found, Provider, State
from portal.payments.gateways.subscriptions import (
    RENEWING,
    PaidPeriod,
    Subscribed,
    Subscriptions,
    SubscriptionState,
)
from portal.payments.models import Method, Payment, PaymentStatus, Purpose
from portal.payments.practice import Practice
from portal.payments.subscription_models import Subscription, SubscriptionStatus
from portal.payments.subscription_reading import locked

ASKED_EVERY = timedelta(hours=1)
S = SubscriptionStatus
STATES = {
    SubscriptionState.ACTIVE: S.ACTIVE,
    SubscriptionState.PAST_DUE: S.PAST_DUE,
    SubscriptionState.ENDED: S.CANCELED,
}


def claim_due(session: Session, practice: Practice, *, limit: int, at: datetime) -> Sequence[int]:
    """Take up to so many subscriptions that are to be asked about. No two processes get the same."""
    due = (
        select(Subscription.id)
        .where(Subscription.due_at <= at)
        .order_by(Subscription.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = update(Subscription).where(Subscription.id == due.c.id).values(due_at=at + practice.lease)
    found = session.scalars(
        taken.returning(Subscription.id), execution_options={"synchronize_session": False}
    )
    return found.all()


def ask(session: Session, practice: Practice, subscription_id: int, *, at: datetime) -> None:
    """Ask the provider about a subscription, tell it of the patient's wish to end it, and settle what it says.

    In transactions of its own. One that nobody renews ends with its period. Raises Unavailable, and Refused for what
    the provider does not know.
    """
    subscription = in_transaction(session, lambda: _fresh(session, subscription_id))
    if subscription.provider not in RENEWING:
        in_transaction(session, lambda: _run_out(session, subscription_id, at))
        return
    name = subscription.provider_subscription_id or in_transaction(
        session, lambda: _page_of(session, subscription_id)
    )
    if not name:
        in_transaction(session, lambda: _wait(session, subscription_id))
        return
    provider = _renewing(practice, Provider(subscription.provider))
    found = provider.look_subscription(name)
    if subscription.is_ending and not found.is_ending and found.state is not SubscriptionState.ENDED:
        found = provider.end_subscription(found.provider_id)
    in_transaction(session, lambda: settle(session, practice, subscription_id, found, at=at))


def hear(session: Session, practice: Practice, provider: Provider, provider_id: str, *, at: datetime) -> bool:
    """Something happened to a subscription: ask its provider about it. False for one that is not ours.

    One that we do not know by its id is known by the payment with which it was begun. Raises as `ask`.
    """
    found = _renewing(practice, provider).look_subscription(provider_id)
    subscription_id = in_transaction(session, lambda: _known(session, provider, found))
    if subscription_id is None:
        return False
    in_transaction(session, lambda: settle(session, practice, subscription_id, found, at=at))
    return True


def settle(
    session: Session, practice: Practice, subscription_id: int, found: Subscribed, *, at: datetime
) -> None:
    """Make what the provider said our own state; saying it again changes nothing. Never commits."""
    for period in found.paid:
        if period.is_first:
            _settle_first(session, practice, found, period, at)
    subscription = locked(session, subscription_id)
    for period in found.paid:
        if not period.is_first:
            _settle_renewal(session, practice, subscription, period, at)
    subscription.provider_subscription_id = found.provider_id
    if found.state in STATES and subscription.status != S.PENDING:
        subscription.status = STATES[found.state]
        subscription.starts_at, subscription.ends_at = found.starts_at, found.ends_at
    subscription.is_ending = subscription.is_ending or found.is_ending
    subscription.due_at, subscription.updated_at = _next_look(subscription, found, at), at
    session.flush()


def _settle_first(
    session: Session, practice: Practice, found: Subscribed, period: PaidPeriod, at: datetime
) -> None:
    """It was paid on the page with which the subscription was begun."""
    payment_id = _begun_with(found)
    if payment_id is not None:
        settling.settle(session, practice, payment_id, _paid(period), at=at)


def _settle_renewal(
    session: Session, practice: Practice, subscription: Subscription, period: PaidPeriod, at: datetime
) -> None:
    of_it = Payment.provider == subscription.provider, Payment.provider_payment_id == period.provider_id
    if session.scalar(select(Payment.id).where(*of_it)) is not None:
        return
    payment = Payment(
        purpose=Purpose.SUBSCRIPTION,
        subscription_id=subscription.id,
        months=subscription.months,
        patient_id=subscription.patient_id,
        account_id=subscription.patient.account_id,
        method=Method.ONLINE,
        provider=subscription.provider,
        provider_payment_id=period.provider_id,
        amount_minor=period.paid.minor,
        currency=period.paid.currency,
        status=PaymentStatus.PENDING,
        created_at=at,
        updated_at=at,
    )
    session.add(payment)
    session.flush()
    settling.settle(session, practice, payment.id, _paid(period), at=at)


def _next_look(subscription: Subscription, found: Subscribed, at: datetime) -> datetime | None:
    """At the end of the period; sooner where money is still to come, or the wish to end it is still to be told."""
    if found.state is SubscriptionState.ENDED or subscription.status == S.PENDING:
        return None
    if subscription.is_ending and not found.is_ending:
        return at
    is_settled = found.state is SubscriptionState.ACTIVE and found.is_billed and found.ends_at > at
    return found.ends_at if is_settled else at + ASKED_EVERY


def _run_out(session: Session, subscription_id: int, at: datetime) -> None:
    subscription = locked(session, subscription_id)
    if subscription.ends_at is not None and subscription.ends_at > at:
        subscription.due_at = subscription.ends_at
    elif subscription.status == S.ACTIVE:
        subscription.status = S.CANCELED if subscription.is_ending else S.EXPIRED
        subscription.due_at, subscription.updated_at = None, at


def _wait(session: Session, subscription_id: int) -> None:
    """Nothing was paid, so there is nothing to ask about yet."""
    locked(session, subscription_id).due_at = None


def _known(session: Session, provider: Provider, found: Subscribed) -> int | None:
    by_id = Subscription.provider == provider, Subscription.provider_subscription_id == found.provider_id
    known = session.scalar(select(Subscription.id).where(*by_id))
    if known is not None:
        return known
    begun_with = Payment.id == _begun_with(found), Payment.provider == provider
    return session.scalar(select(Payment.subscription_id).where(*begun_with))


def _begun_with(found: Subscribed) -> int | None:
    """Our payment, by the reference that it was given (see Practice.wanted)."""
    number = found.reference.removeprefix("payment-")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 16 else None


def _page_of(session: Session, subscription_id: int) -> str | None:
    """The provider's name of the page on which it was begun."""
    paid = Payment.subscription_id == subscription_id, Payment.paid_at.is_not(None)
    begun = select(Payment.provider_payment_id).where(*paid, Payment.expires_at.is_not(None))
    return session.scalar(begun.order_by(Payment.id.desc()).limit(1))


def _paid(period: PaidPeriod) -> Found:
    return Found(period.provider_id, State.PAID, period.paid, period.paid, period.transaction_id)


def _fresh(session: Session, subscription_id: int) -> Subscription:
    return session.get_one(Subscription, subscription_id, populate_existing=True)


def _renewing(practice: Practice, provider: Provider) -> Subscriptions:
    return cast("Subscriptions", practice.gateways[provider])
