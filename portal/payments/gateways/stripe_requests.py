"""What is asked of Stripe: no more of a person than it needs."""

from datetime import datetime, timedelta
from typing import Any

from portal.core import clock
from portal.payments.gateways import Wanted
from portal.payments.gateways.stripe_amounts import to_stripe

SHORTEST_PAGE, LONGEST_PAGE = timedelta(minutes=30), timedelta(hours=24)
LONGEST_WORDS = 250


def intent(wanted: Wanted) -> dict[str, Any]:
    """A PaymentIntent, by any method that the practice has turned on at Stripe."""
    said: dict[str, Any] = {
        "amount": to_stripe(wanted.money),
        "currency": wanted.money.currency.lower(),
        "metadata": {"reference": wanted.reference},
    }
    return said | ({"description": wanted.description[:LONGEST_WORDS]} if wanted.description else {})


def page(wanted: Wanted, *, kind: str, home: str, ends: datetime | None) -> dict[str, Any]:
    """A Checkout Session; `home` is where payers go who were given no page to return to."""
    words = wanted.description[:LONGEST_WORDS] or wanted.reference
    price: dict[str, Any] = {
        "currency": wanted.money.currency.lower(),
        "unit_amount": to_stripe(wanted.money),
        "product_data": {"name": words},
    }
    about = {"description": words, "metadata": {"reference": wanted.reference}}
    said: dict[str, Any] = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": wanted.back_url or home,
        "client_reference_id": wanted.reference,
        "metadata": {"reference": wanted.reference, "kind": kind},
        "payment_intent_data": about,
    }
    if wanted.every_months:
        price["recurring"] = {"interval": "month", "interval_count": wanted.every_months}
        del said["payment_intent_data"]
        said |= {"mode": "subscription", "subscription_data": about}
    optional = {
        "cancel_url": wanted.cancel_url,
        "customer_email": wanted.email,
        "expires_at": int(ends.timestamp()) if ends else None,
    }
    return said | {name: value for name, value in optional.items() if value}


def another_end(wanted: datetime) -> datetime | None:
    """For an end that Stripe does not take: half an hour later for one that is too soon, else its own 24 hours.

    It follows from the wish and not from the time of asking, so that a second attempt says the same as the first.
    """
    is_late = wanted > clock.now() + LONGEST_PAGE - SHORTEST_PAGE
    return None if is_late else wanted + SHORTEST_PAGE
