"""Stripe's objects as they begin."""

import secrets
from typing import Any

from portal.sandbox.stripe.cards import Card
from portal.sandbox.stripe.store import Thing, new_id, now


def _begun(prefix: str, kind: str) -> Thing:
    return {"id": new_id(prefix), "object": kind, "created": now(), "livemode": False}


def an_intent(said: dict[str, Any]) -> Thing:
    """A PaymentIntent that nobody has paid."""
    begun = _begun("pi", "payment_intent")
    return begun | {
        "amount": said["amount"],
        "amount_capturable": 0,
        "amount_received": 0,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{begun['id']}_secret_{secrets.token_hex(12)}",
        "confirmation_method": "automatic",
        "currency": said["currency"].lower(),
        **{name: said.get(name) for name in ("customer", "description", "receipt_email")},
        **dict.fromkeys(("last_payment_error", "latest_charge", "next_action", "payment_method")),
        "metadata": said.get("metadata", {}),
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    }


def a_charge(intent: Thing, card: Card, *, code: str = "", words: str = "") -> Thing:
    """An attempt at an intent; with a `code` it failed."""
    return _begun("ch", "charge") | {
        "amount": intent["amount"],
        "amount_captured": 0 if code else intent["amount"],
        "amount_refunded": 0,
        "captured": not code,
        "currency": intent["currency"],
        "failure_code": code or None,
        "failure_message": words or None,
        "metadata": intent["metadata"],
        "paid": not code,
        "payment_intent": intent["id"],
        "payment_method_details": {"type": "card", "card": {"brand": card.brand, "last4": card.number[-4:]}},
        "refunded": False,
        "status": "failed" if code else "succeeded",
    }


def a_refund(charge: Thing, said: dict[str, Any], amount: int) -> Thing:
    begun = _begun("re", "refund")
    del begun["livemode"]
    return begun | {
        "amount": amount,
        "charge": charge["id"],
        "currency": charge["currency"],
        "failure_reason": None,
        "metadata": said.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "reason": said.get("reason"),
        "status": "succeeded",
    }


def a_session(said: dict[str, Any], *, total: int, currency: str, ends: int, base: str) -> Thing:
    """An open page for one payment."""
    begun = _begun("cs_test", "checkout.session")
    names = ("cancel_url", "client_reference_id", "customer", "customer_email", "success_url")
    return begun | {
        **{name: said.get(name) for name in names},
        "amount_total": total,
        "currency": currency,
        "expires_at": ends,
        "metadata": said.get("metadata", {}),
        "mode": said["mode"],
        **dict.fromkeys(("invoice", "payment_intent", "subscription")),
        "payment_status": "unpaid",
        "status": "open",
        "url": f"{base}/stripe/pay/{begun['id']}",
    }


def a_customer(said: dict[str, Any]) -> Thing:
    fields = {name: said.get(name) for name in ("name", "email", "phone")}
    return _begun("cus", "customer") | {**fields, "metadata": said.get("metadata", {})}


def a_subscription(said: dict[str, Any], session: Thing, customer_id: str) -> Thing:
    """What a session of that mode has led to; its period is still to be set."""
    recurring = {"interval": "month", "interval_count": session["_months"]}
    price = {"object": "price", "currency": session["currency"], "unit_amount": session["amount_total"]}
    item = {"id": new_id("si"), "object": "subscription_item", "quantity": 1}
    return _begun("sub", "subscription") | {
        "cancel_at": None,
        "cancel_at_period_end": False,
        "currency": session["currency"],
        "customer": customer_id,
        "description": said.get("description"),
        "ended_at": None,
        "items": {"object": "list", "data": [item | {"price": price | {"recurring": recurring}}]},
        "latest_invoice": None,
        "metadata": said.get("metadata", {}),
        "status": "active",
        "_months": session["_months"],
        "_amount": session["amount_total"],
    }


def an_invoice(subscription: Thing, reason: str) -> Thing:
    """The bill of a period that nobody has paid."""
    details = {"subscription": subscription["id"], "metadata": subscription["metadata"]}
    return _begun("in", "invoice") | {
        "amount_due": subscription["_amount"],
        "amount_paid": 0,
        "billing_reason": reason,
        "currency": subscription["currency"],
        "customer": subscription["customer"],
        "metadata": {},
        "parent": {"type": "subscription_details", "subscription_details": details},
        "status": "open",
    }
