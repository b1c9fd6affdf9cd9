"""Checkout Sessions: a page of Stripe's own where one payment is made."""

import re
from typing import Any

from portal.sandbox.stripe import intents, things
from portal.sandbox.stripe.cards import BY_NUMBER, PAYS, Card
from portal.sandbox.stripe.refusal import Refusal
from portal.sandbox.stripe.store import Store, Thing, now

SHORTEST, LONGEST = 30 * 60, 24 * 60 * 60
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PLACEHOLDER = "{CHECKOUT_SESSION_ID}"


def create(store: Store, said: dict[str, Any], base: str) -> Thing:
    """An open session; `base` is where this program is reached. Raises Refusal for what Stripe does not open."""
    if said.get("mode") != "payment":
        raise Refusal("mode: this stand-in opens pages for payments only", param="mode")
    if not said.get("success_url"):
        words = "You must provide a `success_url`."
        raise Refusal(words, code="parameter_missing", param="success_url")
    _check_email(said.get("customer_email"))
    total, currency, names = _sum(said.get("line_items") or [])
    intents.check_amount(total, currency)
    ends = _end(said.get("expires_at"))
    session = things.a_session(said, total=total, currency=currency, ends=ends, base=base)
    private = {"_base": base, "_names": names, "_intent": said.get("payment_intent_data", {})}
    return store.put(session | private)


def _check_email(email: str | None) -> None:
    """Stripe quotes what it refuses, whoever it belongs to."""
    if email and not EMAIL.fullmatch(email):
        raise Refusal(f"Invalid email address: {email}", code="email_invalid", param="customer_email")


def _sum(items: list[dict[str, Any]]) -> tuple[int, str, str]:
    """The total, its currency, and what it is for."""
    if not items:
        raise Refusal("You must pass line_items.", code="parameter_missing", param="line_items")
    try:
        prices = [(item["price_data"], item.get("quantity", 1)) for item in items]
        total = sum(price["unit_amount"] * quantity for price, quantity in prices)
        names = ", ".join(price["product_data"]["name"] for price, _ in prices)
    except KeyError as error:
        words = f"line_items: this stand-in needs {error} of each"
        raise Refusal(words, code="parameter_missing", param="line_items") from None
    currencies = {price["currency"].lower() for price, _ in prices}
    if len(currencies) > 1:
        raise Refusal("All line_items must have one currency.", param="line_items")
    return total, currencies.pop(), names


def _end(wanted: int | None) -> int:
    if wanted is None:
        return now() + LONGEST
    if not now() + SHORTEST <= wanted <= now() + LONGEST:
        words = "The `expires_at` timestamp must be between 30 minutes and 24 hours from now."
        raise Refusal(words, param="expires_at")
    return wanted


def get(store: Store, session_id: str) -> Thing:
    """The session as it is at this moment: one whose time is over has expired."""
    session = store.get(session_id, "checkout.session")
    if session["status"] == "open" and session["expires_at"] <= now():
        return end(store, session)
    return session


def expire(store: Store, session_id: str) -> Thing:
    session = get(store, session_id)
    if session["status"] != "open":
        words = (
            f"Only Checkout Sessions with a status in [open] can be expired. This one is {session['status']}."
        )
        raise Refusal(words, is_kept=True)
    return end(store, session)


def end(store: Store, session: Thing) -> Thing:
    if session["payment_intent"]:
        intents.cancel(store, store.get(session["payment_intent"], "payment_intent"), "automatic")
    session |= {"status": "expired", "url": None}
    store.happened("checkout.session.expired", session)
    return store.put(session)


def sweep(store: Store) -> None:
    """End every session whose time is over."""
    for session in store.all("checkout.session", status="open"):
        get(store, session["id"])


def pay(store: Store, session: Thing, card: Card) -> Thing:
    """The payer typed a card; the intent as it is then. Raises Refusal for a declined card."""
    if not session["payment_intent"]:
        said = {"amount": session["amount_total"], "currency": session["currency"], **session["_intent"]}
        intent = intents.create(store, said, session=session["id"], base=session["_base"])
        session["payment_intent"] = intent["id"]
        store.put(session)
    intent = store.get(session["payment_intent"], "payment_intent")
    return complete(store, intents.confirm(store, intent, card))


def authenticate(store: Store, intent: Thing, *, agreed: bool) -> Thing:
    """The card's owner has answered the bank's question."""
    if intent["status"] != "requires_action":
        raise Refusal("Nothing is asked of this payment.", code="payment_intent_unexpected_state")
    card = BY_NUMBER.get(intent["_card"], PAYS)
    if not agreed:
        code = "payment_intent_authentication_failure"
        raise intents.decline(store, intent, card, code, "authentication_required")
    return complete(store, intents.succeed(store, intent, card))


def complete(store: Store, intent: Thing) -> Thing:
    """A paid intent completes the session that it came from."""
    if intent["status"] == "succeeded" and intent["_session"]:
        session = store.get(intent["_session"], "checkout.session")
        session |= {"status": "complete", "payment_status": "paid", "url": None}
        store.happened("checkout.session.completed", store.put(session))
    return intent


def back(session: Thing) -> str:
    """Where the payer goes after paying."""
    return str(session["success_url"]).replace(PLACEHOLDER, session["id"])
