"""Server-sent events: one answer that goes on until somebody leaves, and that holds no database connection."""

import contextlib
import json
import os
import select
import socket
import ssl
import struct
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, cast

from flask import Flask, Response, current_app, request, stream_with_context

from portal.accounts.live_tickets import still_signed_in
from portal.accounts.models import Device
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import PortalError
from portal.database import libpq_address
from portal.delivery import settings
from portal.delivery.failures import NO_ANSWER
from portal.delivery.hub import Hub, TooManyListeners
from portal.delivery.listeners import Audience, Heard, Listener

KEEP_ALIVE_SECONDS = 15.0
RETRY_MILLISECONDS = 3000
SEND_SECONDS = 20
THREADS_PERCENT = 85
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Frame:
    """One event on its way out. `reached` is the instant up to which whoever has it misses nothing."""

    name: str
    data: dict[str, Any]
    reached: datetime


class Feed(Protocol):
    """What a kind of listener is told. None of it is called while the database is in use."""

    def begin(self) -> Iterable[Frame]:
        """What comes first."""

    def tell(self, heard: Sequence[Heard]) -> Iterable[Frame]:
        """What becomes of announcements."""

    def catch_up(self) -> Iterable[Frame]:
        """What to say when some of them were missed."""


def init_app(app: Flask) -> None:
    """Give the process its hub. A share of the threads is kept for requests that are answered and done."""
    practice = app.config["SETTINGS"]

    def still(device_ids: Collection[int]) -> Collection[int]:
        with app.app_context():
            return set(devices(device_ids))

    with app.app_context():
        address = libpq_address(db.engine.url)
    most = min(practice.live_streams, max(1, practice.web_threads * THREADS_PERCENT // 100))
    app.extensions["hub"] = Hub(address, most=most, still_signed_in=still)


def devices(device_ids: Collection[int]) -> dict[int, Device]:
    """Of these devices those on which somebody is still signed in, by id."""
    return still_signed_in(
        db.session,
        device_ids,
        clock.now(),
        staff_idle_minutes=settings().staff_idle_minutes,
        patient_idle_days=settings().patient_idle_days,
    )


def hub() -> Hub:
    """The hub of this process."""
    return cast("Hub", current_app.extensions["hub"])


def cursor(reached: datetime) -> str:
    """The id of an event: milliseconds since 1970."""
    return str((reached - EPOCH) // timedelta(milliseconds=1))


def instant_of(given: str) -> datetime | None:
    """The instant of an event's id; None for anything that is none."""
    if not given.isascii() or not given.isdecimal() or len(given) > 14:
        return None
    return EPOCH + timedelta(milliseconds=int(given))


def frames_for(feed: Feed, listener: Listener) -> Iterable[Frame]:
    """What the listener is to be told of what it heard."""
    heard = listener.take()
    if heard is None:
        return feed.catch_up()
    return feed.tell(heard) if heard else ()


def stream(audience: Audience, device_id: int | None, feed: Feed) -> Response:
    """Answer with events until the client leaves, its sign-in ends or the server stops. Raises TooManyListeners.

    A visitor has no `device_id`.
    """
    alarm, here = Alarm(request.environ), hub()
    listener = Listener(audience, device_id, alarm.ring)
    db.session.close()

    def leave() -> None:
        here.remove(listener)
        alarm.close()

    try:
        here.add(listener)
    except TooManyListeners:
        leave()
        raise
    response = Response(stream_with_context(_written(listener, feed, alarm)), mimetype="text/event-stream")
    response.call_on_close(leave)  # also when nobody has read a word of it
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _written(listener: Listener, feed: Feed, alarm: "Alarm") -> Iterator[str]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    # With nobody to tell, or no database to read from, it ends; clients come again.
    with contextlib.suppress(PortalError, *NO_ANSWER):
        yield from map(_text, feed.begin())
        while not listener.is_over:
            rang = alarm.wait(KEEP_ALIVE_SECONDS)
            if rang is None:
                return
            if not rang:
                yield f"id: {cursor(clock.now())}\n: keep-alive\n\n"
            yield from map(_text, frames_for(feed, listener))


def _text(frame: Frame) -> str:
    """One event as it goes over the wire; JSON has no line ends of its own."""
    return f"id: {cursor(frame.reached)}\nevent: {frame.name}\ndata: {json.dumps(frame.data)}\n\n"


class Alarm:
    """Wakes the thread of a stream: when there is something to say, and when the client has gone."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._lock = threading.Lock()
        self._is_closed = False
        self._reads, self._writes = os.pipe()
        os.set_blocking(self._writes, False)
        os.set_blocking(self._reads, False)
        self._poll = select.poll()
        self._poll.register(self._reads, select.POLLIN)
        self._client: Any = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
        if self._client is not None and not isinstance(self._client, ssl.SSLSocket):
            self._poll.register(self._client, select.POLLIN)
        if self._client is not None:  # a client that reads nothing must not keep its thread for ever
            limit = struct.pack("ll", SEND_SECONDS, 0)
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def ring(self) -> None:
        with self._lock, contextlib.suppress(BlockingIOError):  # it rings already
            if not self._is_closed:
                os.write(self._writes, b"\0")

    def wait(self, seconds: float) -> bool | None:
        """True when it rang, False when the time is over, None when the client has gone."""
        rang = {number for number, _ in self._poll.poll(seconds * 1000)}
        if self._reads in rang:
            os.read(self._reads, 4096)
            return True
        return None if rang and self._has_left(self._client) else False

    def _has_left(self, client: socket.socket) -> bool:
        self._poll.unregister(client)  # one that talks is not listened to before the stream is over
        try:
            return not client.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            os.close(self._writes)
            os.close(self._reads)
