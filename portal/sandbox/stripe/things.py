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
        "mode": "payment",
        "payment_intent": None,
        "payment_status": "unpaid",
        "status": "open",
        "url": f"{base}/stripe/pay/{begun['id']}",
    }
