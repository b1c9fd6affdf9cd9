"""Stripe's subscriptions: made by a Checkout Session, billed by invoices, known by their own id (sub_)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import stripe

from portal.payments.gateways import Refused
from portal.payments.gateways.stripe_amounts import from_stripe
from portal.payments.gateways.subscriptions import PaidPeriod, Subscribed, SubscriptionState

STATES = {
    "active": SubscriptionState.ACTIVE,
    "trialing": SubscriptionState.ACTIVE,
    "incomplete": SubscriptionState.PENDING,
    "past_due": SubscriptionState.PAST_DUE,
    "unpaid": SubscriptionState.PAST_DUE,
    "paused": SubscriptionState.PAST_DUE,
}
ENDED = {"canceled", "incomplete_expired"}
SESSION = "cs_"
MOST_BILLS = 100
Thing = Mapping[str, Any]


def look(client: stripe.StripeClient, provider_id: str) -> Subscribed:
    """The subscription with its paid invoices."""
    subscription_id = _id_of(client, provider_id)
    subscription = client.v1.subscriptions.retrieve(subscription_id).to_dict()
    bills = client.v1.invoices.list(
        {
            "subscription": subscription_id,
            "status": "paid",
            "limit": MOST_BILLS,
            "expand": ["data.payments"],
        }
    ).to_dict()
    return reading(subscription, bills["data"])


def end(client: stripe.StripeClient, provider_id: str) -> Subscribed:
    """Nothing is renewed after the present period."""
    subscription_id = _id_of(client, provider_id)
    client.v1.subscriptions.update(subscription_id, {"cancel_at_period_end": True})
    return look(client, subscription_id)


def reading(subscription: Thing, bills: Sequence[Thing]) -> Subscribed:
    """Stripe's objects in the words of the contract; `bills` are the paid ones, the newest first."""
    item = subscription["items"]["data"][0]
    latest = subscription.get("latest_invoice")
    return Subscribed(
        provider_id=subscription["id"],
        reference=str((subscription.get("metadata") or {}).get("reference", "")),
        state=STATES.get(subscription["status"], SubscriptionState.ENDED),
        starts_at=_instant(item["current_period_start"]),
        ends_at=_instant(item["current_period_end"]),
        is_ending=bool(subscription.get("cancel_at_period_end") or subscription.get("cancel_at")),
        is_billed=any(bill["id"] == latest for bill in bills),
        paid=tuple(_period(bill) for bill in reversed(bills)),
    )


def paid_by(invoice: object) -> str:
    """The id of the PaymentIntent that paid an invoice, which refunds name; "" where none did."""
    payments = (invoice.get("payments") or {}).get("data", []) if isinstance(invoice, Mapping) else []
    return next((str(one["payment"].get("payment_intent") or "") for one in payments), "")


def _period(bill: Thing) -> PaidPeriod:
    return PaidPeriod(
        provider_id=bill["id"],
        paid=from_stripe(bill["amount_paid"], bill["currency"]),
        transaction_id=paid_by(bill),
        is_first=bill.get("billing_reason") == "subscription_create",
    )


def _id_of(client: stripe.StripeClient, provider_id: str) -> str:
    if not provider_id.startswith(SESSION):
        return provider_id
    made = client.v1.checkout.sessions.retrieve(provider_id).to_dict().get("subscription")
    if not made:
        raise Refused("Nothing was subscribed to on this page.")
    return str(made)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
