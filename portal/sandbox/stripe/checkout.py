"""Checkout Sessions: a page of Stripe's own where one payment is made."""

import re
from typing import Any

from portal.sandbox.stripe import intents, subscriptions, things
from portal.sandbox.stripe.cards import BY_NUMBER, PAYS, Card
from portal.sandbox.stripe.refusal import Refusal
from portal.sandbox.stripe.store import Store, Thing, now

SHORTEST, LONGEST = 30 * 60, 24 * 60 * 60
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
SUBSCRIPTION = "subscription"
PLACEHOLDER = "{CHECKOUT_SESSION_ID}"


def create(store: Store, said: dict[str, Any], base: str) -> Thing:
    """An open session; `base` is where this program is reached. Raises Refusal for what Stripe does not open."""
    is_subscription = said.get("mode") == SUBSCRIPTION
    if said.get("mode") not in {"payment", SUBSCRIPTION}:
        raise Refusal("mode: this stand-in opens pages for payments and subscriptions only", param="mode")
    unfit = "payment_intent_data" if is_subscription else "subscription_data"
    if unfit in said:
        raise Refusal(f"You can not pass `{unfit}` in `{said['mode']}` mode.", param=unfit)
    if not said.get("success_url"):
        words = "You must provide a `success_url`."
        raise Refusal(words, code="parameter_missing", param="success_url")
    _check_email(said.get("customer_email"))
    total, currency, names = _sum(said.get("line_items") or [])
    months = _months(said["line_items"], is_subscription=is_subscription)
    intents.check_amount(total, currency)
    ends = _end(said.get("expires_at"))
    session = things.a_session(said, total=total, currency=currency, ends=ends, base=base)
    private = {
        "_base": base,
        "_names": f"{names} (every {months} month)" if months else names,
        "_intent": said.get("payment_intent_data", {}),
        "_subscription": said.get("subscription_data", {}),
        "_months": months,
    }
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


def _months(items: list[dict[str, Any]], *, is_subscription: bool) -> int:
    """How many months a period has; 0 for what is paid once."""
    recurring = [item["price_data"].get("recurring") for item in items]
    if not is_subscription:
        if any(recurring):
            raise Refusal("You specified `payment` mode but passed a recurring price.", param="line_items")
        return 0
    if len(recurring) != 1 or not recurring[0] or recurring[0]["interval"] != "month":
        words = "line_items: this stand-in subscribes to one price that recurs by the month"
        raise Refusal(words, param="line_items")
    return int(recurring[0].get("interval_count", 1))


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
        if session["mode"] == SUBSCRIPTION:
            session |= subscriptions.begin(store, session, intent)
        store.happened("checkout.session.completed", store.put(session))
    return intent


def back(session: Thing) -> str:
    """Where the payer goes after paying."""
    return str(session["success_url"]).replace(PLACEHOLDER, session["id"])
