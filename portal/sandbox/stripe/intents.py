"""PaymentIntents and the charges they lead to."""

from typing import Any

from portal.sandbox.past import past_of
from portal.sandbox.stripe import things
from portal.sandbox.stripe.cards import BY_METHOD, PAYS, WORDS, Card
from portal.sandbox.stripe.refusal import Refusal, unexpected_state
from portal.sandbox.stripe.store import Store, Thing, new_id, now, public

LEAST = {"usd": 50, "eur": 50, "inr": 50, "aud": 50, "cad": 50, "chf": 50, "sgd": 50, "gbp": 30, "jpy": 50}
MOST = 99_999_999
MAY_BE_CONFIRMED = {"requires_payment_method", "requires_confirmation", "requires_action"}
ENDED = {"succeeded", "canceled", "processing"}
CURRENCIES = {
    *(
        "aed",
        "aud",
        "bdt",
        "bgn",
        "bhd",
        "brl",
        "cad",
        "chf",
        "clp",
        "cny",
        "cop",
        "czk",
        "dkk",
        "egp",
        "eur",
    ),
    *(
        "gbp",
        "ghs",
        "hkd",
        "huf",
        "idr",
        "ils",
        "inr",
        "isk",
        "jod",
        "jpy",
        "kes",
        "krw",
        "kwd",
        "lkr",
        "mad",
    ),
    *(
        "mxn",
        "myr",
        "ngn",
        "nok",
        "npr",
        "nzd",
        "omr",
        "pen",
        "php",
        "pkr",
        "pln",
        "qar",
        "ron",
        "rwf",
        "sar",
    ),
    *("sek", "sgd", "thb", "tnd", "try", "twd", "tzs", "uah", "ugx", "usd", "vnd", "xaf", "xof", "zar"),
}


def check_amount(amount: int, currency: str) -> None:
    """Raises Refusal for what Stripe does not charge."""
    if currency.lower() not in CURRENCIES:
        raise Refusal(f"Invalid currency: {currency}", param="currency")
    if amount < LEAST.get(currency.lower(), 1):
        words = f"Amount must be at least {LEAST.get(currency.lower(), 1)} {currency}"
        raise Refusal(words, code="amount_too_small", param="amount")
    if amount > MOST:
        raise Refusal(f"Amount must be no more than {MOST}", code="amount_too_large", param="amount")


def create(store: Store, said: dict[str, Any], *, session: str = "", base: str = "") -> Thing:
    """A PaymentIntent; `session` is the Checkout Session that made it, `base` where its payer may be sent."""
    check_amount(said["amount"], said["currency"])
    intent = things.an_intent(said) | {"_session": session, "_base": base}
    store.happened("payment_intent.created", intent)
    return store.put(intent)


def card_of(method: str) -> Card:
    if method not in BY_METHOD:
        words = f"No such PaymentMethod: '{method}'"
        raise Refusal(words, status=404, code="resource_missing", param="payment_method")
    return BY_METHOD[method]


def confirm(store: Store, intent: Thing, card: Card, *, return_url: str = "") -> Thing:
    """Charge it, or ask its owner first; raises Refusal (402) for a declined card, which is in the books then."""
    if intent["status"] not in MAY_BE_CONFIRMED:
        raise unexpected_state(public(intent), "confirm")
    intent |= {"payment_method": new_id("pm"), "_card": card.number, "_return_url": return_url}
    if card.decline:
        raise decline(store, intent, card, "card_declined", card.decline)
    if card.asks:
        url = f"{intent['_base']}/stripe/authenticate/{intent['id']}"
        redirect = {"url": url, "return_url": return_url or None}
        intent |= {
            "status": "requires_action",
            "last_payment_error": None,
            "next_action": {"type": "redirect_to_url", "redirect_to_url": redirect},
        }
        store.happened("payment_intent.requires_action", intent)
        return store.put(intent)
    return succeed(store, intent, card)


def known(store: Store, intent_id: str) -> Thing:
    """An intent of these books, or one from before them, which is entered now; raises Refusal."""
    past = past_of(intent_id)
    if past is None or store.has(intent_id):
        return store.get(intent_id, "payment_intent")
    intent = things.an_intent({"amount": past.amount, "currency": past.currency}) | {"id": intent_id}
    return _charged(store, intent, PAYS)


def succeed(store: Store, intent: Thing, card: Card) -> Thing:
    intent = _charged(store, intent, card)
    store.happened("charge.succeeded", store.get(intent["latest_charge"], "charge"))
    store.happened("payment_intent.succeeded", intent)
    return intent


def _charged(store: Store, intent: Thing, card: Card) -> Thing:
    charge = store.put(things.a_charge(intent, card))
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    store.enter(intent, charge["id"], intent["amount"])
    return store.put(intent)


def decline(store: Store, intent: Thing, card: Card, code: str, decline_code: str) -> Refusal:
    """The refusal to raise, once the failed charge is in the books. The intent may be paid by another card."""
    words = WORDS[decline_code]
    charge = store.put(things.a_charge(intent, card, code=code, words=words))
    error = {"type": "card_error", "code": code, "decline_code": decline_code, "message": words}
    intent |= {
        "status": "requires_payment_method",
        "latest_charge": charge["id"],
        "last_payment_error": error,
        "next_action": None,
        "payment_method": None,
    }
    store.put(intent)
    store.happened("payment_intent.payment_failed", intent)
    return Refusal(
        words,
        status=402,
        is_kept=True,
        code=code,
        type="card_error",
        decline_code=decline_code,
        payment_intent=public(intent),
    )


def cancel(store: Store, intent: Thing, reason: str | None = None) -> Thing:
    if intent["status"] in ENDED:
        raise unexpected_state(public(intent), "cancel")
    intent |= {"status": "canceled", "canceled_at": now(), "cancellation_reason": reason, "next_action": None}
    store.happened("payment_intent.canceled", intent)
    return store.put(intent)
