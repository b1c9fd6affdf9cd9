"""Subscriptions, as they go out."""

from datetime import datetime

from pydantic import Field

from portal.api.v1.representations.base import Amount, Body, Line, Shape, amount
from portal.api.v1.representations.paying import StartedPayment
from portal.payments.subscription_models import Subscription, SubscriptionStatus


class SubscriptionShape(Shape):
    id: int
    status: SubscriptionStatus
    start_date: datetime | None = Field(description="When the period that is paid for began.")
    end_date: datetime | None = Field(description="When it ends, and is renewed unless it is ending.")
    is_ending: bool = Field(description="It is not renewed.")
    amount: float
    currency: str
    months: int = Field(description="How long a period is.")
    visits: int = Field(description="How many visits each period covers.")
    visits_left: int
    created_at: datetime


class NewSubscription(Body):
    """The server knows the price: `amount` only says what the patient was shown."""

    amount: Amount | None = None
    idempotency_key: Line | None = Field(None, description="As the header Idempotency-Key.")


class BegunSubscription(Shape):
    """It is PENDING until `payment` is paid, at the address that it names."""

    subscription: SubscriptionShape
    payment: StartedPayment


def subscription_shape(subscription: Subscription, visits_left: int) -> SubscriptionShape:
    return SubscriptionShape(
        id=subscription.id,
        status=SubscriptionStatus(subscription.status),
        start_date=subscription.starts_at,
        end_date=subscription.ends_at,
        is_ending=subscription.is_ending,
        amount=amount(subscription.amount_minor, subscription.currency),
        currency=subscription.currency,
        months=subscription.months,
        visits=subscription.visits,
        visits_left=visits_left,
        created_at=subscription.created_at,
    )
