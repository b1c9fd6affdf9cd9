"""The documented WebSocket, for programs that cannot read a stream: the same events, and messages to write.

A connection is opened by a ticket (POST /api/v1/events/tickets) and by nothing else: a cookie would let foreign pages
in, an access token in the address would end up in logs.
"""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

from flask import Blueprint, Flask, abort, g, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server

from portal.api import bearer, limits
from portal.api.errors import as_json
from portal.api.feed import Feed
from portal.api.v1.messages import write
from portal.api.v1.representations.events import EventType
from portal.api.v1.representations.messages import MessageShape, NewMessage
from portal.api.v1.validation import UNREADABLE, understood
from portal.bootstrap import db
from portal.core.db import in_transaction
from portal.core.errors import Forbidden, Invalid, PortalError, Unauthorized, _
from portal.core.permissions import VISITOR, Actor, Permission
from portal.delivery import settings
from portal.delivery.access import check_may, requires
from portal.delivery.failures import NO_ANSWER, explain
from portal.delivery.listeners import Listener, audience_of
from portal.delivery.streams import Frame, cursor, frames_for, hub, instant_of

bp = Blueprint("ws", __name__, url_prefix="/ws")
sock = Sock()
OWN = (Permission.NOTIFICATION_OWN, Permission.CONVERSATION_OWN)
LARGEST = 32 * 1024
PING_SECONDS = 15
LOOK_SECONDS = 1.0  # simple-websocket wakes us just before it says that a frame was too large, and not again
SEND = "message.send"
ABOUT_STREAM = "stream."
IN_ADDRESS = {"token", "access_token"}
GOING_AWAY, TRY_AGAIN = 1001, 1013


def init_app(app: Flask) -> None:
    """Register the three addresses."""
    app.config["SOCK_SERVER_OPTIONS"] = {"ping_interval": PING_SECONDS, "max_message_size": LARGEST}
    app.register_blueprint(bp)


@bp.before_request
def enter() -> None:
    """Before the handshake: from where, and with which ticket. A refusal is an answer in JSON."""
    try:
        origin = request.headers.get("Origin")
        if origin not in {None, settings().public_url, *settings().cors_origins}:
            raise Forbidden
        if IN_ADDRESS & request.args.keys():
            raise Invalid(_("An access token does not belong in an address. Ask for a ticket."))
        g.actor, g.device, g.refusal = VISITOR, None, Unauthorized()
        bearer.take_ticket()
        bearer.signed_in_device()
        limits.count_request()
        check_may(OWN)
    except PortalError as refusal:
        abort(as_json(explain(refusal)))


@sock.route("/", bp=bp)  # type: ignore[untyped-decorator]  # flask-sock carries no types
@requires(*OWN)
def everything(ws: Server) -> None:
    """All events of the account; a message says to whom it is."""
    Talk(ws, lambda _frame: True).go_on()


@sock.route("/notifications/", bp=bp)  # type: ignore[untyped-decorator]  # flask-sock carries no types
@requires(Permission.NOTIFICATION_OWN)
def notifications(ws: Server) -> None:
    """Only what is told in-app."""
    Talk(ws, lambda frame: frame.name == EventType.NOTIFICATION).go_on()


@sock.route("/chat/<int:receiver_id>/", bp=bp)  # type: ignore[untyped-decorator]  # flask-sock carries no types
@requires(Permission.CONVERSATION_OWN)
def chat(ws: Server, receiver_id: int) -> None:
    """The conversation with one person; messages need not say to whom."""
    Talk(ws, lambda frame: _is_with(receiver_id, frame), receiver_id).go_on()


class Talk:
    """One connection: what it wants to be told, and to whom its messages go unless they say so."""

    def __init__(self, ws: Server, wanted: Callable[[Frame], bool], receiver_id: int | None = None) -> None:
        self._ws = ws
        self._wanted = wanted
        self._receiver_id = receiver_id
        self._feed = Feed(g.device.id, instant_of(request.args.get("lastEventId", "")))
        self._listener = Listener(audience_of(g.actor), g.device.id, ws.event.set)

    def go_on(self) -> None:
        """Until either side ends it."""
        here = hub()
        db.session.close()
        try:
            here.add(self._listener)
            self._tell(self._feed.begin())
            while self._ws.connected and not self._listener.is_over:
                self._ws.event.wait(LOOK_SECONDS)
                self._ws.event.clear()
                self._hear()
                self._tell(frames_for(self._feed, self._listener))
            self._ws.close(GOING_AWAY)
        except ConnectionClosed:
            return
        except (PortalError, *NO_ANSWER) as error:
            with suppress(ConnectionClosed):
                self._refuse(error)
                self._ws.close(TRY_AGAIN)
        finally:
            here.remove(self._listener)

    def _tell(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            if frame.name.startswith(ABOUT_STREAM) or self._wanted(frame):
                said = {"type": frame.name, "id": cursor(frame.reached), **frame.data}
                self._ws.send(json.dumps(said))

    def _hear(self) -> None:
        """Do what the client has asked for; what cannot be done is answered, and the talk goes on."""
        while (said := self._ws.receive(timeout=0)) is not None:
            try:
                limits.count_request()
                new = self._understood(said)
                self._feed.as_they_are_now(partial(_written, new))
            except PortalError as refusal:
                self._refuse(refusal)

    def _understood(self, said: str | bytes) -> NewMessage:
        """The message to be written; raises Invalid."""
        try:
            body = json.loads(said)
        except (ValueError, RecursionError):
            raise Invalid(UNREADABLE) from None
        if not isinstance(body, dict) or body.pop("type", None) != SEND:
            raise Invalid(details={"type": _("This must be message.send.")})
        if self._receiver_id is not None:
            body.setdefault("receiverId", self._receiver_id)
        return understood(NewMessage, body)

    def _refuse(self, error: Exception) -> None:
        self._ws.send(json.dumps({"type": "error", **as_json(explain(error)).get_json()}))


def _written(new: NewMessage, _actor: Actor) -> list[MessageShape]:
    check_may((Permission.CONVERSATION_OWN,))
    return [in_transaction(db.session, lambda: write(new))]


def _is_with(account_id: int, frame: Frame) -> bool:
    sides = frame.data.get("message") or {}
    return account_id in {sides.get("senderId"), sides.get("receiverId")}
