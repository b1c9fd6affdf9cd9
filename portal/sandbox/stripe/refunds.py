"""Refunds: of what was paid, and never more."""

from typing import Any

from portal.sandbox.stripe import intents, things
from portal.sandbox.stripe.refusal import Refusal
from portal.sandbox.stripe.store import Store, Thing


def create(store: Store, said: dict[str, Any]) -> Thing:
    """Give back an amount, or all that is left of the charge."""
    charge = _charge_of(store, said)
    intent = store.get(charge["payment_intent"], "payment_intent")
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = said.get("amount", left)
    _check(charge, amount, left)
    refund = things.a_refund(charge, said, amount)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    store.put(charge)
    store.enter(intent, refund["id"], -amount)
    store.happened("charge.refunded", charge)
    return store.put(refund)


def _check(charge: Thing, amount: int, left: int) -> None:
    if not left:
        words = f"Charge {charge['id']} has already been refunded."
        raise Refusal(words, code="charge_already_refunded", is_kept=True)
    if amount < 1:
        raise Refusal("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        words = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise Refusal(words, param="amount", is_kept=True)


def _charge_of(store: Store, said: dict[str, Any]) -> Thing:
    if "charge" in said:
        charge = store.get(said["charge"], "charge")
    elif "payment_intent" in said:
        intent = intents.known(store, said["payment_intent"])
        charge = store.get(intent["latest_charge"], "charge") if intent["latest_charge"] else {"paid": False}
    else:
        words = "One of the following params should be provided for this request: payment_intent or charge."
        raise Refusal(words, code="parameter_missing")
    if not charge["paid"]:
        raise Refusal("This PaymentIntent does not have a successful charge to refund.", is_kept=True)
    return charge
