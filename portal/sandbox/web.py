"""Gallabox, an SMS gateway and Twilio over HTTP, and the pages for whoever watches and provokes them."""

import socket
import threading
import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request

from portal.sandbox import documented
from portal.sandbox.behaviour import Behaviour, Mood
from portal.sandbox.book import Book, Given
from portal.settings import Settings

bp = Blueprint("sandbox", __name__)
Answer = tuple[dict[str, Any], int]


def create_app(settings: Settings, book: Book, behaviour: Behaviour, stopping: threading.Event) -> Flask:
    """The stand-ins accept the keys that the settings hold."""
    app = Flask("portal.sandbox", static_folder=None)
    app.extensions["sandbox"] = settings, book, behaviour, stopping
    app.register_blueprint(bp)
    return app


@bp.get("/health")
def health() -> Response:
    return jsonify(status="healthy")


@bp.get("/book.json")
def show_book() -> Response:
    """Everything given, or only ?key=, ?recipient=, ?after=<id>; `counts` are messages per key."""
    book = _book()
    found = book.messages(
        key=request.args.get("key", ""),
        recipient=request.args.get("recipient", ""),
        after=request.args.get("after", 0, type=int),
    )
    return jsonify(messages=found, counts=book.counts(), asked=book.asked())


@bp.get("/behaviour")
def show_behaviour() -> Response:
    return jsonify(_behaviour().as_json())


@bp.post("/behaviour")
def change_behaviour() -> tuple[Response, int] | Response:
    """New manners: {"of": "gallabox", "error": 0.1, "busy": 0.1, "retry_after": 2, "drop": 0.1, "seed": 7}."""
    try:
        _behaviour().change(dict(request.get_json(force=True)))
    except (TypeError, ValueError) as error:
        return jsonify(error=str(error)), 400
    return jsonify(_behaviour().as_json())


@bp.post("/gallabox/messages/whatsapp")
def gallabox() -> tuple[Response, int]:
    settings = _settings()
    shown = (request.headers.get("apiKey"), request.headers.get("apiSecret"))
    if shown != (settings.gallabox_api_key, settings.gallabox_api_secret):
        return jsonify(status="ERROR", message="Unauthorized"), 401

    def take() -> Answer:
        body: Any = request.get_json(force=True, silent=True)
        recipient = documented.check_gallabox(body, channel_id=settings.gallabox_channel_id)
        said = _once(Given("gallabox", recipient, body, _key()), _accepted_by_gallabox)
        return said, 202

    return _answer("gallabox", take)


@bp.post("/sms")
def sms() -> tuple[Response, int]:
    if request.headers.get("Authorization") != f"Bearer {_settings().sms_api_key}":
        return jsonify(error="unauthorized"), 401

    def take() -> Answer:
        body: Any = request.get_json(force=True, silent=True)
        recipient = documented.check_gateway(body)
        said = _once(Given("sms", recipient, body, _key()), lambda: {"id": uuid.uuid4().hex})
        return said, 201

    return _answer("sms", take)


@bp.post("/2010-04-01/Accounts/<string:sid>/Messages.json")
def twilio(sid: str) -> tuple[Response, int]:
    settings, shown = _settings(), request.authorization
    known = (settings.twilio_account_sid, settings.twilio_auth_token)
    if shown is None or (shown.username, shown.password) != known or sid != known[0]:
        return jsonify(code=20003, message="Authenticate", status=401), 401

    def take() -> Answer:
        form = request.form.to_dict()
        recipient = documented.check_twilio(form)
        _book().write(Given("twilio", recipient, form))
        return {"sid": f"SM{uuid.uuid4().hex}", "status": "queued", "to": recipient, "error_code": None}, 201

    return _answer("twilio", take)


def _accepted_by_gallabox() -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex[:24],
        "status": "ACCEPTED",
        "message": "Message received and being sent to recipient",
    }


def _once(given: Given, answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Without a key every request is a new message."""
    if not given.key:
        _book().write(given)
        return answer()
    return _book().write_once(given, answer)


def _answer(provider: str, take: Callable[[], Answer]) -> tuple[Response, int]:
    mood, manners = _behaviour().mood(provider), _behaviour().of(provider)
    if mood is Mood.ERROR:
        return jsonify(code=20500, message="Internal error"), 500
    if mood is Mood.BUSY:
        busy = jsonify(code=20429, message="Too many requests")
        busy.headers["Retry-After"] = f"{manners.retry_after:.0f}"
        return busy, 429
    try:
        said, status = take()
    except documented.BadRequest as error:
        return jsonify(code=error.code, message=str(error), status=400), 400
    if mood is Mood.HANG:
        _stopping().wait(manners.hang_seconds)
    if mood is Mood.DROP:
        _drop()
    return jsonify(said), status


def _drop() -> None:
    """Whatever is answered now reaches nobody."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)


def _key() -> str:
    return request.headers.get("Idempotency-Key", "")


def _parts() -> tuple[Settings, Book, Behaviour, threading.Event]:
    parts: tuple[Settings, Book, Behaviour, threading.Event] = current_app.extensions["sandbox"]
    return parts


def _settings() -> Settings:
    return _parts()[0]


def _book() -> Book:
    return _parts()[1]


def _behaviour() -> Behaviour:
    return _parts()[2]


def _stopping() -> threading.Event:
    return _parts()[3]
