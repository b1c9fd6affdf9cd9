"""What is asked of Razorpay: no more of a person than it needs."""

from datetime import datetime, timedelta
from typing import Any

from portal.core import clock
from portal.payments.gateways import Refused, Wanted

SHORTEST_LINK, LONGEST_LINK = timedelta(minutes=16), timedelta(days=180)  # and some time to get there
LONGEST_NOTE, LONGEST_DESCRIPTION = 250, 2000
Entity = dict[str, Any]


def order(wanted: Wanted) -> Entity:
    """An order whose receipt is the payment's key."""
    return _sum(wanted) | {"receipt": str(wanted.key)}


def _sum(wanted: Wanted) -> Entity:
    notes = {"reference": wanted.reference[:LONGEST_NOTE]}
    return {"amount": wanted.money.minor, "currency": wanted.money.currency, "notes": notes}


def shown(order: Entity, wanted: Wanted) -> dict[str, str]:
    """What a browser is told of an order."""
    return {
        "order_id": order["id"],
        "amount": str(order["amount"]),
        "currency": order["currency"],
        "description": wanted.description[:LONGEST_NOTE],
    }


def compare(made: Entity, wanted: Wanted) -> None:
    """A key stands for one payment; it cannot come back with another amount."""
    if (made["amount"], made["currency"]) != (wanted.money.minor, wanted.money.currency):
        raise Refused("The same key was used for another amount.")


def link(wanted: Wanted) -> Entity:
    """A link that Razorpay sends to nobody."""
    body = _sum(wanted) | {
        "reference_id": str(wanted.key),
        "description": wanted.description[:LONGEST_DESCRIPTION],
        "notify": {"sms": False, "email": False},
        "reminder_enable": False,
    }
    customer = {"email": wanted.email, "contact": wanted.phone}
    if reached := {name: value for name, value in customer.items() if value}:
        body["customer"] = reached
    if wanted.back_url:
        body |= {"callback_url": wanted.back_url, "callback_method": "get"}
    if wanted.expires_at:
        body["expire_by"] = int(_possible_end(wanted.expires_at).timestamp())
    return body


def _possible_end(wanted: datetime) -> datetime:
    return min(max(wanted, clock.now() + SHORTEST_LINK), clock.now() + LONGEST_LINK)
