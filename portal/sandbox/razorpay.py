"""Razorpay over HTTP: its documented API below /v1, and /control for whoever watches and provokes it."""

import hmac
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from portal.sandbox.behaviour import Behaviour, Mood
from portal.sandbox.razorpay_book import RazorpayBook, Thing
from portal.sandbox.razorpay_desk import Desk, signer
from portal.sandbox.razorpay_links import Links
from portal.sandbox.razorpay_rules import Wrong
from portal.sandbox.webhooks import Teller
from portal.settings import Settings

bp = Blueprint("razorpay", __name__, url_prefix="/razorpay")
NAME = "razorpay_stand_in"
Answer = tuple[Response, int]
KINDS = ("order", "payment", "refund", "link", "movement", "event")


@dataclass(frozen=True)
class StandIn:
    """Its parts, as pages and API share them."""

    settings: Settings
    behaviour: Behaviour
    stopping: threading.Event
    desk: Desk
    links: Links


def stand_in_for_razorpay(settings: Settings, behaviour: Behaviour, stopping: threading.Event) -> StandIn:
    """Its book is a file beside the others; webhooks are signed with the first of the practice's secrets.

    They go where the manners say, else to SANDBOX_RAZORPAY_WEBHOOK_URL.
    """
    secret = settings.razorpay_webhook_secrets.split(",")[0].strip()
    book = RazorpayBook(settings.instance_path / "sandbox-razorpay.sqlite3")
    url = os.environ.get("SANDBOX_RAZORPAY_WEBHOOK_URL", "")
    desk = Desk(book, Teller("razorpay", behaviour, signer(secret), url=url))
    return StandIn(settings, behaviour, stopping, desk, Links(desk))


@bp.post("/v1/orders")
def make_order() -> Answer:
    return _answer(lambda: desk().make_order(_body()))


@bp.get("/v1/orders")
def list_orders() -> Answer:
    return _answer(lambda: _collection(desk().book.all("order", key=request.args.get("receipt", ""))))


@bp.get("/v1/orders/<order_id>")
def get_order(order_id: str) -> Answer:
    return _answer(lambda: desk().get("order", order_id))


@bp.patch("/v1/orders/<order_id>")
def note_order(order_id: str) -> Answer:
    return _answer(lambda: desk().note(order_id, _body()))


@bp.get("/v1/orders/<order_id>/payments")
def list_payments(order_id: str) -> Answer:
    def found() -> Thing:
        order = desk().get("order", order_id)
        return _collection(desk().book.all("payment", parent=order["id"]))

    return _answer(found)


@bp.get("/v1/payments/<payment_id>")
def get_payment(payment_id: str) -> Answer:
    return _answer(lambda: desk().get("payment", payment_id))


@bp.post("/v1/payments/<payment_id>/capture")
def capture(payment_id: str) -> Answer:
    return _answer(lambda: desk().capture(payment_id, _body()))


@bp.post("/v1/payments/<payment_id>/refund")
def refund(payment_id: str) -> Answer:
    key = request.headers.get("X-Refund-Idempotency", "")
    return _answer(lambda: desk().refund(payment_id, _body(), key=key))


@bp.get("/v1/refunds/<refund_id>")
def get_refund(refund_id: str) -> Answer:
    return _answer(lambda: desk().get("refund", refund_id))


@bp.post("/v1/payment_links")
def make_link() -> Answer:
    base_url = f"{request.host_url}razorpay"
    return _answer(lambda: stand_in().links.make(_body(), base_url=base_url))


@bp.get("/v1/payment_links")
def list_links() -> Answer:
    reference_id = request.args.get("reference_id", "")
    return _answer(lambda: {"payment_links": stand_in().links.all(reference_id=reference_id)})


@bp.get("/v1/payment_links/<link_id>")
def get_link(link_id: str) -> Answer:
    return _answer(lambda: stand_in().links.get(link_id))


@bp.post("/v1/payment_links/<link_id>/cancel")
def cancel_link(link_id: str) -> Answer:
    return _answer(lambda: stand_in().links.cancel(link_id))


@bp.get("/control/book.json")
def show_book() -> Response:
    """Everything it knows, to be compared with what others believe."""
    known = {f"{kind}s": desk().book.all(kind) for kind in KINDS}
    return jsonify(known | {"plan": desk().plan.as_json()})


@bp.post("/control/plan")
def change_plan() -> Answer:
    """{"ahead_seconds": 3600, "refunds_wait": true}; how webhooks are sent is said to /behaviour."""
    try:
        desk().plan = desk().plan.changed(dict(request.get_json(force=True)))
    except (TypeError, ValueError) as error:
        return jsonify(error=str(error)), 400
    return jsonify(desk().plan.as_json()), 200


@bp.post("/control/settle-refunds")
def settle_refunds() -> Response:
    desk().settle_refunds(fail=request.args.get("fail") == "yes")
    return jsonify(status="settled")


def stand_in() -> StandIn:
    there: StandIn = current_app.extensions[NAME]
    return there


def desk() -> Desk:
    return stand_in().desk


def _body() -> Any:
    return request.get_json(force=True, silent=True)


def _collection(items: list[Thing]) -> Thing:
    return {"entity": "collection", "count": len(items), "items": items}


def _answer(take: Callable[[], Thing]) -> Answer:
    there = stand_in()
    if not _is_known():
        return _error("Authentication failed", 401)
    mood, manners = there.behaviour.mood("razorpay"), there.behaviour.of("razorpay")
    if mood is Mood.ERROR:
        return _error("We are facing some trouble completing your request.", 500, code="SERVER_ERROR")
    if mood is Mood.BUSY:
        return _error("Request failed. Please try after sometime.", 429)
    try:
        said = take()
    except Wrong as error:
        return _error(str(error), 400, field=error.field)
    if mood is Mood.HANG:
        there.stopping.wait(manners.hang_seconds)
    if mood is Mood.DROP:
        connection: socket.socket = request.environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
    return jsonify(said), 200


def _is_known() -> bool:
    settings, shown = stand_in().settings, request.authorization
    return (
        shown is not None
        and bool(settings.razorpay_key_secret)
        and shown.username == settings.razorpay_key_id
        and hmac.compare_digest((shown.password or "").encode(), settings.razorpay_key_secret.encode())
    )


def _error(description: str, status: int, *, code: str = "BAD_REQUEST_ERROR", field: str = "") -> Answer:
    said: Thing = {
        "code": code,
        "description": description,
        "source": "business",
        "step": "payment_initiation",
        "reason": "input_validation_failed" if field else "NA",
        "metadata": {},
    }
    return jsonify(error=said | ({"field": field} if field else {})), status
