"""Subscriptions: begun by paying the first period, followed where their provider renews them, ended by the patient.

Only the provider is believed, and only when asked. Stripe renews by itself; of the others each period is bought anew.
"""

from calendar import monthrange
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.errors import Invalid, NotFound, _
from portal.core.money import Money
from portal.core.permissions import SYSTEM, Actor
from portal.payments import policy, refunding
from portal.payments.errors import AlreadySubscribed, BeingPrepared, SubscriptionOver, SubscriptionsNotSold
from portal.payments.events import PaymentReceived
from portal.payments.models import Payment, PaymentStatus, Purpose
from portal.payments.practice import Practice
from portal.payments.purchasing import order
from portal.payments.subscription_models import Subscription, SubscriptionStatus
from portal.payments.subscription_reading import for_change, live_of, locked
from portal.people.models import Patient

PAID_TWICE = _("The subscription had been paid already.")


def is_sold() -> bool:
    return policy.current().subscription_price_minor > 0


def check_sold() -> None:
    """Raises SubscriptionsNotSold where the practice sells none."""
    if not is_sold():
        raise SubscriptionsNotSold


def price() -> Money:
    """What a period costs now; who has begun keeps the price of then."""
    practice = policy.current()
    return Money(practice.subscription_price_minor, practice.currency)


def subscribe(
    session: Session, *, practice: Practice, by: Actor, at: datetime, amount_minor: int | None = None
) -> Payment:
    """The payment that begins the patient's subscription, the same while it is open. Never commits.

    `begin` then asks its provider; the subscription is PENDING until it is paid. `amount_minor` only says what was
    shown. Raises SubscriptionsNotSold, AlreadySubscribed, Invalid (another amount), BeingPrepared.
    """
    check_sold()
    if by.patient_id is None:
        raise NotFound
    if amount_minor not in (None, price().minor):
        raise Invalid(details={"amount": _("The price has changed. Please check it.")})
    session.execute(select(Patient.id).where(Patient.id == by.patient_id).with_for_update(key_share=True))
    begun = session.scalar(for_change(live_of(by.patient_id)))
    if begun is not None and begun.status != SubscriptionStatus.PENDING:
        raise AlreadySubscribed
    open_page = _open_page(session, begun, at) if begun is not None else None
    if open_page is not None:
        return open_page
    subscription = begun or Subscription(patient_id=by.patient_id, created_at=at)
    _set_terms(subscription, practice, at)
    session.add(subscription)
    session.flush()
    what = {
        "purpose": Purpose.SUBSCRIPTION,
        "subscription_id": subscription.id,
        "months": subscription.months,
    }
    return order(session, what, subscription.money, practice=practice, by=by, at=at)


def end(session: Session, subscription: Subscription, *, by: Actor, at: datetime) -> None:
    """The patient wants no period after the present one, which stays; again changes nothing. Never commits.

    A job tells the provider. Raises NotFound for anybody else's, SubscriptionOver for one that does not run.
    """
    if by.patient_id is None or subscription.patient_id != by.patient_id:
        raise NotFound
    locked(session, subscription.id)
    if subscription.status not in {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}:
        raise SubscriptionOver
    if not subscription.is_ending:
        subscription.is_ending, subscription.due_at, subscription.updated_at = True, at, at


def begin_period(session: Session, event: PaymentReceived) -> None:
    """Subscriber: the period that a patient has paid for on a page begins; paid again meanwhile, it all goes back.

    When it really began and ends is asked of its provider soon.
    """
    payment = session.get_one(Payment, event.payment_id)
    if payment.purpose != Purpose.SUBSCRIPTION or payment.expires_at is None:
        return
    subscription = _of_payment(session, payment)
    if subscription.covers_at(event.at):
        refunding.queue(session, payment.id, payment.amount_minor, reason=PAID_TWICE, by=SYSTEM, at=event.at)
        return
    subscription.status = SubscriptionStatus.ACTIVE
    subscription.starts_at = event.at
    subscription.ends_at = months_later(event.at, payment.months or 0, policy.current().zone)
    subscription.due_at = subscription.updated_at = event.at
    session.flush()


def months_later(instant: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The same wall time so many months later, or on the month's last day."""
    wall = clock.local(instant, zone)
    years, month = divmod(wall.month - 1 + months, 12)
    year, month = wall.year + years, month + 1
    day = wall.date().replace(year=year, month=month, day=min(wall.day, monthrange(year, month)[1]))
    return clock.at(day, wall.time(), zone)


def _set_terms(subscription: Subscription, practice: Practice, at: datetime) -> None:
    rules, money = policy.current(), price()
    subscription.status = SubscriptionStatus.PENDING
    subscription.provider = practice.provider_for(money.currency)
    subscription.amount_minor, subscription.currency = money.minor, money.currency
    subscription.months, subscription.visits = rules.subscription_months, rules.subscription_visits
    subscription.updated_at = at


def _open_page(session: Session, subscription: Subscription, at: datetime) -> Payment | None:
    """The page on which the patient can still pay: until the provider has closed it there is no other to be paid too.

    Raises BeingPrepared between its end and that.
    """
    waiting = Payment.subscription_id == subscription.id, Payment.status == PaymentStatus.PENDING
    payment = session.scalar(select(Payment).where(*waiting))
    if payment is not None and payment.expires_at is not None and payment.expires_at <= at:
        raise BeingPrepared
    return payment


def _of_payment(session: Session, payment: Payment) -> Subscription:
    """The subscription that a payment is for, locked: the live one, where it was paid so late that there is another."""
    live = session.scalar(for_change(live_of(payment.patient_id)))
    subscription = live or locked(session, payment.subscription_id or 0)
    payment.subscription_id = subscription.id
    return subscription
