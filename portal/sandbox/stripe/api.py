"""/stripe/v1: what the official library sends."""

import hashlib
import hmac
import json
import socket
from collections.abc import Callable, Iterable
from typing import Any

import stripe
from flask import Blueprint, Response, current_app, request
from stripe.params import checkout as checkout_params

from portal.sandbox.behaviour import Mood
from portal.sandbox.stripe import checkout, intents, refunds, subscriptions, things
from portal.sandbox.stripe.expanding import expanded
from portal.sandbox.stripe.parameters import check, read
from portal.sandbox.stripe.refusal import Refusal
from portal.sandbox.stripe.stand_in import StripeStandIn
from portal.sandbox.stripe.store import Store, Thing, new_id, public

bp = Blueprint("stripe_api", __name__, url_prefix="/stripe")
EXPAND = frozenset({"expand"})
Act = Callable[[Store], Thing]


@bp.errorhandler(Refusal)
def refuse(refusal: Refusal) -> Response:
    return _json(refusal.status, json.dumps(refusal.body()))


@bp.post("/v1/payment_intents")
def create_intent() -> Response:
    spoken = EXPAND | {
        *("amount", "currency", "automatic_payment_methods", "customer", "description", "metadata"),
        *("receipt_email", "payment_method", "confirm", "return_url"),
    }

    def act(store: Store) -> Thing:
        said = _said(stripe.params.PaymentIntentCreateParams, spoken)
        intent = intents.create(store, said, base=_base())
        if not said.get("confirm"):
            return intent
        card = intents.card_of(said.get("payment_method", ""))
        return intents.confirm(store, intent, card, return_url=said.get("return_url", ""))

    return _answer(act)


@bp.get("/v1/payment_intents/<string:intent_id>")
def show_intent(intent_id: str) -> Response:
    spoken = EXPAND | {"client_secret"}

    def act(store: Store) -> Thing:
        _said(stripe.params.PaymentIntentRetrieveParams, spoken)
        return store.get(intent_id, "payment_intent")

    return _answer(act)


@bp.post("/v1/payment_intents/<string:intent_id>/confirm")
def confirm_intent(intent_id: str) -> Response:
    def act(store: Store) -> Thing:
        said = _said(stripe.params.PaymentIntentConfirmParams, EXPAND | {"payment_method", "return_url"})
        intent = store.get(intent_id, "payment_intent")
        card = intents.card_of(said.get("payment_method", ""))
        return intents.confirm(store, intent, card, return_url=said.get("return_url", ""))

    return _answer(act)


@bp.post("/v1/payment_intents/<string:intent_id>/cancel")
def cancel_intent(intent_id: str) -> Response:
    def act(store: Store) -> Thing:
        said = _said(stripe.params.PaymentIntentCancelParams, EXPAND | {"cancellation_reason"})
        intent = store.get(intent_id, "payment_intent")
        if intent["_session"]:
            raise Refusal("You cannot cancel PaymentIntents created by Checkout: expire its session.")
        return intents.cancel(store, intent, said.get("cancellation_reason"))

    return _answer(act)


@bp.get("/v1/charges/<string:charge_id>")
def show_charge(charge_id: str) -> Response:
    return _answer(lambda store: store.get(charge_id, "charge"))


@bp.post("/v1/refunds")
def create_refund() -> Response:
    spoken = EXPAND | {"amount", "charge", "payment_intent", "reason", "metadata"}
    return _answer(lambda store: refunds.create(store, _said(stripe.params.RefundCreateParams, spoken)))


@bp.get("/v1/refunds/<string:refund_id>")
def show_refund(refund_id: str) -> Response:
    return _answer(lambda store: store.get(refund_id, "refund"))


@bp.post("/v1/customers")
def create_customer() -> Response:
    def act(store: Store) -> Thing:
        said = _said(stripe.params.CustomerCreateParams, EXPAND | {"name", "email", "phone", "metadata"})
        return store.put(things.a_customer(said))

    return _answer(act)


@bp.post("/v1/checkout/sessions")
def create_session() -> Response:
    spoken = EXPAND | {
        *("mode", "line_items", "success_url", "cancel_url", "client_reference_id", "customer", "metadata"),
        *("customer_email", "expires_at", "payment_intent_data", "subscription_data"),
    }

    def act(store: Store) -> Thing:
        return checkout.create(store, _said(checkout_params.SessionCreateParams, spoken), _base())

    return _answer(act)


@bp.get("/v1/checkout/sessions/<string:session_id>")
def show_session(session_id: str) -> Response:
    return _answer(lambda store: checkout.get(store, session_id))


@bp.post("/v1/checkout/sessions/<string:session_id>/expire")
def expire_session(session_id: str) -> Response:
    def act(store: Store) -> Thing:
        _said(checkout_params.SessionExpireParams, EXPAND)
        return checkout.expire(store, session_id)

    return _answer(act)


@bp.get("/v1/subscriptions/<string:subscription_id>")
def show_subscription(subscription_id: str) -> Response:
    return _answer(lambda store: store.get(subscription_id, "subscription"))


@bp.post("/v1/subscriptions/<string:subscription_id>")
def change_subscription(subscription_id: str) -> Response:
    def act(store: Store) -> Thing:
        said = _said(stripe.params.SubscriptionUpdateParams, EXPAND | {"cancel_at_period_end"})
        return subscriptions.change(store, subscription_id, said)

    return _answer(act)


@bp.get("/v1/invoices")
def list_invoices() -> Response:
    def act(store: Store) -> Thing:
        said = _said(stripe.params.InvoiceListParams, EXPAND | {"subscription", "status", "limit"})
        bills = subscriptions.bills(store, said)
        page = [public(bill) for bill in bills[: said.get("limit", 10)]]
        return {"object": "list", "url": "/v1/invoices", "data": page, "has_more": len(page) < len(bills)}

    return _answer(act)


@bp.get("/v1/events/<string:event_id>")
def show_event(event_id: str) -> Response:
    return _answer(lambda store: store.get(event_id, "event"))


@bp.get("/v1/events")
def list_events() -> Response:
    def act(store: Store) -> Thing:
        said = _said(stripe.params.EventListParams, frozenset({"type", "types", "limit", "starting_after"}))
        kinds = said.get("types") or [said[name] for name in ("type",) if name in said]
        events = [one for one in store.all("event") if not kinds or one["type"] in kinds]
        if "starting_after" in said:
            ids = [one["id"] for one in events]
            events = events[ids.index(store.get(said["starting_after"], "event")["id"]) + 1 :]
        page = events[: said.get("limit", 10)]
        return {"object": "list", "url": "/v1/events", "data": page, "has_more": len(page) < len(events)}

    return _answer(act)


@bp.route("/v1/<path:_rest>", methods=["GET", "POST", "DELETE"])
def unknown_place(_rest: str) -> Response:
    raise Refusal(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)


def _said(kind: type, spoken: frozenset[str]) -> dict[str, Any]:
    return check(read(_pairs()), kind, spoken=spoken)


def _pairs() -> Iterable[tuple[str, str]]:
    return (request.args if request.method == "GET" else request.form).items(multi=True)


def _answer(act: Act) -> Response:
    stand_in: StripeStandIn = current_app.extensions["stripe"]
    _check_key(stand_in.secret_key)
    mood, manners = stand_in.mood()
    if mood is Mood.ERROR:
        return _json(500, '{"error": {"type": "api_error", "message": "An unknown error occurred"}}')
    if mood is Mood.BUSY:
        return _json(
            429, '{"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Busy"}}'
        )
    key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
    status, text = stand_in.once(
        key, _digest(), lambda: expanded(stand_in.store, act(stand_in.store), _pairs())
    )
    if mood is Mood.HANG:
        stand_in.wait(manners.hang_seconds)
    if mood is Mood.DROP:
        connection: socket.socket = request.environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
    return _json(status, text)


def _check_key(expected: str) -> None:
    """Bearer, or Basic with the key as the user."""
    shown = request.authorization
    given = (shown.token or shown.username or "") if shown else ""
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Refusal("Invalid API Key provided", status=401)


def _digest() -> str:
    asked = [request.method, request.path, *sorted(map("=".join, request.form.items(multi=True)))]
    return hashlib.sha256("\n".join(asked).encode()).hexdigest()


def _base() -> str:
    return request.host_url.rstrip("/")


def _json(status: int, text: str) -> Response:
    answer = Response(text, status, mimetype="application/json")
    answer.headers["Request-Id"] = new_id("req")
    return answer
