"""Stripe's own pages, for whoever pays: no script, and as wide as a phone."""

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template_string, request
from werkzeug.wrappers import Response as AnyResponse

from portal.sandbox.stripe import checkout, subscriptions
from portal.sandbox.stripe.cards import BY_NUMBER, CARDS, WORDS
from portal.sandbox.stripe.html import ENDED, PAY, QUESTION
from portal.sandbox.stripe.refusal import Refusal
from portal.sandbox.stripe.stand_in import StripeStandIn
from portal.sandbox.stripe.store import Thing, public

bp = Blueprint("stripe_pages", __name__, url_prefix="/stripe")
WITHOUT_MINOR_UNITS = {"JPY", "KRW", "VND", "CLP", "RWF", "XAF", "XOF"}


@bp.errorhandler(Refusal)
def refuse(refusal: Refusal) -> tuple[str, int]:
    return render_template_string(ENDED, words=str(refusal)), refusal.status


@bp.get("/book.json")
def show_book() -> Response:
    """The ledger, and how often each idempotency key was sent."""
    store = _stand_in().store
    return jsonify(ledger=store.ledger(), asked=store.asked())


@bp.post("/events/<string:event_id>/tell")
def tell_again(event_id: str) -> Response:
    """Send the webhook of an event once more."""
    stand_in = _stand_in()
    stand_in.tell(stand_in.store.get(event_id, "event"))
    return jsonify(told=event_id)


@bp.post("/subscriptions/<string:subscription_id>/renewal")
def renew(subscription_id: str) -> Response:
    """Let a period be over now. `number` is a card to charge from then on; a declined one leaves it past due."""
    stand_in = _stand_in()
    with stand_in.store.work():
        subscription = subscriptions.renew(stand_in.store, subscription_id, request.form.get("number", ""))
    return jsonify(public(subscription))


@bp.get("/pay/<string:session_id>")
def show_page(session_id: str) -> AnyResponse | str | tuple[str, int]:
    stand_in = _stand_in()
    with stand_in.store.work():
        session = checkout.get(stand_in.store, session_id)
    return _page(session) if session["status"] == "open" else _over(session)


@bp.post("/pay/<string:session_id>")
def pay(session_id: str) -> AnyResponse | str | tuple[str, int]:
    """Whatever the card says: back to the shop, to the bank's question, or here again with the reason."""
    number = "".join(request.form.get("number", "").split())
    stand_in = _stand_in()
    with stand_in.store.work():
        session = checkout.get(stand_in.store, session_id)
    if session["status"] != "open":
        return _over(session)
    if number not in BY_NUMBER:
        return _page(session, "Your card number is invalid: only the test cards below work here."), 422
    try:
        with stand_in.store.work():
            intent = checkout.pay(stand_in.store, checkout.get(stand_in.store, session_id), BY_NUMBER[number])
    except Refusal as refusal:
        return _page(session, str(refusal)), 422
    return redirect(_next(stand_in, intent), 303)


@bp.get("/authenticate/<string:intent_id>")
def show_question(intent_id: str) -> AnyResponse | str:
    stand_in = _stand_in()
    intent = stand_in.store.get(intent_id, "payment_intent")
    if intent["status"] != "requires_action":
        return redirect(_next(stand_in, intent), 303)
    return render_template_string(QUESTION, sum=_sum(intent["amount"], intent["currency"]))


@bp.post("/authenticate/<string:intent_id>")
def answer_question(intent_id: str) -> AnyResponse | str | tuple[str, int]:
    """The card's owner agrees, or not."""
    stand_in = _stand_in()
    agreed = request.form.get("answer") == "yes"
    try:
        with stand_in.store.work():
            intent = stand_in.store.get(intent_id, "payment_intent")
            intent = checkout.authenticate(stand_in.store, intent, agreed=agreed)
    except Refusal as refusal:
        intent = stand_in.store.get(intent_id, "payment_intent")
        if intent["_session"] and intent["status"] == "requires_payment_method":
            return _page(stand_in.store.get(intent["_session"], "checkout.session"), str(refusal)), 422
        if intent["status"] == "succeeded":
            return redirect(_next(stand_in, intent), 303)
    return redirect(_next(stand_in, intent), 303)


def _next(stand_in: StripeStandIn, intent: Thing) -> str:
    """Where the payer goes from an intent in that state."""
    if intent["status"] == "requires_action":
        return f"/stripe/authenticate/{intent['id']}"
    if intent["_session"] and intent["status"] == "succeeded":
        return checkout.back(stand_in.store.get(intent["_session"], "checkout.session"))
    if intent["_session"]:
        return f"/stripe/pay/{intent['_session']}"
    return str(intent["_return_url"]) or "/stripe/done"


@bp.get("/done")
def done() -> str:
    return render_template_string(ENDED, words="You can close this page.")


def _page(session: Thing, failure: str = "") -> str:
    if session["payment_intent"] and not failure:
        intent = _stand_in().store.get(session["payment_intent"], "payment_intent")
        failure = WORDS.get((intent["last_payment_error"] or {}).get("decline_code", ""), "")
    money = _sum(session["amount_total"], session["currency"])
    return render_template_string(PAY, session=session, sum=money, cards=CARDS, failure=failure)


def _over(session: Thing) -> AnyResponse | tuple[str, int]:
    if session["status"] == "complete":
        return redirect(checkout.back(session), 303)
    words = "The time to pay on this page is over, and nothing was charged."
    return render_template_string(ENDED, words=words, back=session["cancel_url"]), 410


def _sum(amount: int, currency: str) -> str:
    code = currency.upper()
    return f"{amount} {code}" if code in WITHOUT_MINOR_UNITS else f"{amount / 100:.2f} {code}"


def _stand_in() -> StripeStandIn:
    stand_in: StripeStandIn = current_app.extensions["stripe"]
    return stand_in
