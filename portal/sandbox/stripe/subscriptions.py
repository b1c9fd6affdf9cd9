"""Subscriptions and the invoices with which they are paid, each period anew, by the card that began them."""

from calendar import monthrange
from datetime import UTC, datetime
from typing import Any

from portal.sandbox.stripe import intents, things
from portal.sandbox.stripe.cards import BY_NUMBER, PAYS, Card
from portal.sandbox.stripe.refusal import Refusal
from portal.sandbox.stripe.store import Store, Thing, now

MAY_BE_CHANGED = {"active", "past_due"}


def begin(store: Store, session: Thing, intent: Thing) -> Thing:
    """What a completed session is then: a customer who has a subscription, whose first invoice is paid."""
    customer = store.put(things.a_customer({"email": session["customer_email"]}))
    said = session["_subscription"]
    subscription = things.a_subscription(said, session, customer["id"]) | {"_card": intent["_card"]}
    starts = now()
    _set_period(subscription, starts, months_later(starts, session["_months"]))
    invoice = _bill(store, subscription, "subscription_create")
    store.happened("customer.subscription.created", subscription)
    _paid(store, subscription, invoice, intent)
    return {
        "customer": customer["id"],
        "subscription": subscription["id"],
        "invoice": invoice["id"],
        "payment_intent": None,
    }


def change(store: Store, subscription_id: str, said: dict[str, Any]) -> Thing:
    """Let it end with its period, or go on."""
    subscription = store.get(subscription_id, "subscription")
    if subscription["status"] not in MAY_BE_CHANGED:
        words = "A canceled subscription can only update its cancellation_details and metadata."
        raise Refusal(words, is_kept=True)
    subscription["cancel_at_period_end"] = said.get("cancel_at_period_end", False)
    store.happened("customer.subscription.updated", subscription)
    return store.put(subscription)


def renew(store: Store, subscription_id: str, number: str = "") -> Thing:
    """Its period is over, or money for it is still to come: charge its card, or the one of that number from now on."""
    subscription = store.get(subscription_id, "subscription")
    if subscription["status"] not in MAY_BE_CHANGED:
        raise Refusal("This subscription has ended.")
    subscription["_card"] = number or subscription["_card"]
    if subscription["status"] == "past_due":
        return _charge(store, subscription, store.get(subscription["latest_invoice"], "invoice"))
    if subscription["cancel_at_period_end"]:
        return _end(store, subscription)
    starts = _item(subscription)["current_period_end"]
    _set_period(subscription, starts, months_later(starts, subscription["_months"]))
    return _charge(store, subscription, _bill(store, subscription, "subscription_cycle"))


def sweep(store: Store) -> None:
    """Renew or end every subscription whose period is over."""
    for subscription in store.all("subscription", status="active"):
        if _item(subscription)["current_period_end"] <= now():
            renew(store, subscription["id"])


def bills(store: Store, said: dict[str, Any]) -> list[Thing]:
    """Invoices, the newest first."""
    return [
        one
        for one in store.all("invoice", status=said.get("status", ""))
        if said.get("subscription") in (None, one["parent"]["subscription_details"]["subscription"])
    ]


def months_later(instant: int, months: int) -> int:
    wall = datetime.fromtimestamp(instant, UTC)
    years, month = divmod(wall.month - 1 + months, 12)
    year, month = wall.year + years, month + 1
    day = min(wall.day, monthrange(year, month)[1])
    return int(wall.replace(year=year, month=month, day=day).timestamp())


def _charge(store: Store, subscription: Thing, invoice: Thing) -> Thing:
    card: Card = BY_NUMBER.get(subscription["_card"], PAYS)
    said = {"amount": invoice["amount_due"], "currency": invoice["currency"], "metadata": {}}
    intent = intents.create(store, said | {"customer": subscription["customer"]})
    if card.decline:
        intents.decline(store, intent, card, "card_declined", card.decline)
        subscription["status"] = "past_due"
        store.happened("invoice.payment_failed", invoice)
        store.happened("customer.subscription.updated", subscription)
        return store.put(subscription)
    intent = intents.succeed(store, intent | {"_card": card.number}, card)
    subscription["status"] = "active"
    store.happened("customer.subscription.updated", subscription)
    return _paid(store, subscription, invoice, intent)


def _bill(store: Store, subscription: Thing, reason: str) -> Thing:
    invoice = things.an_invoice(subscription, reason)
    subscription["latest_invoice"] = invoice["id"]
    return store.put(invoice)


def _paid(store: Store, subscription: Thing, invoice: Thing, intent: Thing) -> Thing:
    payment = {"type": "payment_intent", "payment_intent": intent["id"]}
    paid = {"object": "invoice_payment", "status": "paid", "payment": payment}
    invoice |= {
        "status": "paid",
        "amount_paid": invoice["amount_due"],
        "_payments": {"object": "list", "data": [paid], "has_more": False},
    }
    store.happened("invoice.paid", store.put(invoice))
    return store.put(subscription)


def _end(store: Store, subscription: Thing) -> Thing:
    subscription |= {"status": "canceled", "ended_at": now()}
    store.happened("customer.subscription.deleted", subscription)
    return store.put(subscription)


def _set_period(subscription: Thing, starts: int, ends: int) -> None:
    _item(subscription).update(current_period_start=starts, current_period_end=ends)


def _item(subscription: Thing) -> Thing:
    item: Thing = subscription["items"]["data"][0]
    return item
