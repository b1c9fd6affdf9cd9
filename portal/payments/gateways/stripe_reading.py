"""Stripe's objects in the words of the contract."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from portal.core.money import Money
from portal.payments.gateways import Found, Link, Refunded, RefundState, State, Told, Webhook
from portal.payments.gateways.stripe_amounts import from_stripe
from portal.payments.gateways.stripe_errors import failure
from portal.payments.gateways.stripe_subscriptions import paid_by

LINK, PAGE, SUBSCRIPTION = "link", "page", "subscription"
STATES = {
    "succeeded": State.PAID,
    "processing": State.PROCESSING,
    "requires_capture": State.PROCESSING,
    "requires_action": State.NEEDS_ACTION,
    "canceled": State.CANCELLED,
}
REFUND_STATES = {
    "succeeded": RefundState.DONE,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
Thing = Mapping[str, Any]


def found(intent: Thing, *, provider_id: str = "") -> Found:
    """A PaymentIntent with its latest charge; `provider_id` is the page that it was made on, if any.

    A declined card leaves it OPEN, with the reason: the payer may try another.
    """
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, Mapping) else {}
    error = intent.get("last_payment_error") or {}
    details = charge.get("payment_method_details") or {}
    is_paid = intent["status"] == "succeeded"
    received = intent.get("amount_received", intent["amount"] if is_paid else 0)
    return Found(
        provider_id=provider_id or intent["id"],
        state=STATES.get(intent["status"], State.OPEN),
        paid=from_stripe(received, intent["currency"]),
        refunded=from_stripe(charge.get("amount_refunded", 0), intent["currency"]),
        transaction_id=intent["id"] if is_paid else "",
        method=str(details.get("type") or "") if is_paid else "",
        failure="" if is_paid else failure(error.get("code"), error.get("decline_code")),
    )


def found_on_page(session: Thing) -> Found:
    """A Checkout Session, whose PaymentIntent Stripe makes when somebody pays."""
    intent = session.get("payment_intent")
    if session.get("mode") == SUBSCRIPTION and session.get("payment_status") == "paid":
        return _found_subscribed(session)
    if isinstance(intent, Mapping):
        seen = found(intent, provider_id=session["id"])
        if session["status"] != "expired" or seen.state is State.PAID:
            return seen
    nothing = Money(0, session["currency"].upper())
    return Found(session["id"], _without_intent(session), paid=nothing, refunded=nothing)


def _found_subscribed(session: Thing) -> Found:
    """Its first invoice is paid; its PaymentIntent is what refunds name."""
    return Found(
        provider_id=session["id"],
        state=State.PAID,
        paid=from_stripe(session["amount_total"], session["currency"]),
        refunded=Money(0, session["currency"].upper()),
        transaction_id=paid_by(session.get("invoice")),
    )


def _without_intent(session: Thing) -> State:
    if session["status"] == "expired":
        return State.CANCELLED
    return State.OPEN if session["status"] == "open" else State.PROCESSING


def link(session: Thing) -> Link:
    """A Checkout Session as a link; Stripe names no address once it is over."""
    seen = found_on_page(session)
    ends = session.get("expires_at")
    return Link(
        provider_id=session["id"],
        url=session.get("url") or "",
        state=seen.state,
        expires_at=datetime.fromtimestamp(ends, UTC) if ends else None,
        paid=seen.paid if seen.state is State.PAID else None,
    )


def refunded(refund: Thing) -> Refunded:
    return Refunded(
        provider_id=refund["id"],
        state=REFUND_STATES.get(refund["status"], RefundState.PENDING),
        money=from_stripe(refund["amount"], refund["currency"]),
    )


def webhook(event: Thing) -> Webhook:
    """What an event is about. Those of a refund name the payment that it belongs to."""
    name, thing = str(event["type"]), event["data"]["object"]
    about, provider_id = _subject(name, thing)
    return Webhook(
        event_id=str(event["id"]),
        name=name,
        about=about,
        provider_id=provider_id,
        is_live=bool(event.get("livemode")),
        created_at=datetime.fromtimestamp(event["created"], UTC) if event.get("created") else None,
    )


def _subject(name: str, thing: Thing) -> tuple[Told, str]:
    own = str(thing.get("id") or "")
    if name.startswith("payment_intent."):
        return Told.PAYMENT, own
    if name.startswith("checkout.session."):
        is_link = (thing.get("metadata") or {}).get("kind") == LINK
        return (Told.LINK if is_link else Told.PAYMENT), own
    if name.startswith(("refund.", "charge.refund")):
        return Told.REFUND, str(thing.get("payment_intent") or "")
    if name.startswith("customer.subscription."):
        return Told.SUBSCRIPTION, own
    if name.startswith("invoice."):
        subscription_id = _subscription_of(thing)
        return (Told.SUBSCRIPTION if subscription_id else Told.OTHER), subscription_id
    return Told.OTHER, own


def _subscription_of(invoice: Thing) -> str:
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return str(details.get("subscription") or "")
