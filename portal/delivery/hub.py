"""Hears what is announced (core/live.py) and passes it on to all who listen in this process.

One database connection listens for all of them, and only while there is somebody. It is no part of the pool.
"""

import contextlib
import json
import logging
import os
import signal
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Collection
from datetime import datetime
from types import FrameType

import psycopg

from portal.core import clock, live
from portal.core.errors import Unavailable, _
from portal.delivery.listeners import Audience, Heard, Listener

log = logging.getLogger(__name__)

REMEMBERED = 1000
TICK_SECONDS = 1.0
CHECK_SECONDS = 60.0
IDLE_SECONDS = 30.0
RECONNECT_SECONDS = 1.0
VISITORS_PERCENT = 50
"""Pages of people whom nobody knows never keep those who work here, or have signed in, from listening."""
FIRST_CONNECT_SECONDS = 2.0


class TooManyListeners(Unavailable):
    message = _("Too many are listening at the moment. Please try again in a minute.")


class Hub:
    """All listeners of this process. `still_signed_in` tells of devices' ids which are, asked once a minute."""

    def __init__(
        self, address: str, *, most: int, still_signed_in: Callable[[Collection[int]], Collection[int]]
    ) -> None:
        self._address = address
        self._most = most
        self._still_signed_in = still_signed_in
        self._lock = threading.Lock()
        self._forget_all()
        _hubs.add(self)

    def _forget_all(self) -> None:
        self._process = os.getpid()
        self._listeners: set[Listener] = set()
        self._thread: threading.Thread | None = None
        self._is_listening = threading.Event()
        self._remembered: deque[Heard] = deque(maxlen=REMEMBERED)
        self._remembers_from: datetime | None = None
        self._last_left = self._checked = time.monotonic()
        self._is_closed = False

    def add(self, listener: Listener) -> None:
        """Let it hear everything from here on; raises TooManyListeners."""
        self._start()
        self._is_listening.wait(FIRST_CONNECT_SECONDS)
        with self._lock:
            if self._is_closed or len(self._listeners) >= self._most or self._is_one_too_many(listener):
                raise TooManyListeners
            self._listeners.add(listener)

    def _is_one_too_many(self, listener: Listener) -> bool:
        if listener.device_id is not None:
            return False
        visitors = sum(one.device_id is None for one in self._listeners)
        return visitors >= max(1, self._most * VISITORS_PERCENT // 100)

    def _start(self) -> None:
        with self._lock:
            if self._process != os.getpid():  # threads do not survive a fork
                self._forget_all()
            self._last_left = time.monotonic()
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._run, name="hub", daemon=True)
                self._thread.start()

    def remove(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)
            self._last_left = time.monotonic()

    def remembered(self, audience: Audience, since: datetime) -> list[Heard] | None:
        """What that audience could have heard since then; None where this process does not know."""
        with self._lock:
            if self._remembers_from is None or since < self._remembers_from:
                return None
            return [heard for heard in self._remembered if heard.at >= since and audience.is_meant_by(heard)]

    def close(self) -> None:
        """End all streams. Safe in a signal handler: it waits for no lock."""
        self._is_closed = True
        for listener in tuple(self._listeners):
            listener.end()

    def _run(self) -> None:
        while self._is_needed():
            try:
                with psycopg.connect(self._address, autocommit=True, application_name="live") as connection:
                    connection.execute(f"LISTEN {live.CHANNEL}")
                    self._begin()
                    self._hear(connection)
            except psycopg.Error as error:
                self._is_listening.clear()
                log.warning("not listening to the database: %s", type(error).__name__)
                time.sleep(RECONNECT_SECONDS)

    def _begin(self) -> None:
        """What was said until here was not heard."""
        with self._lock:
            self._remembered.clear()
            self._remembers_from = clock.now()
            listeners = list(self._listeners)
        for listener in listeners:
            listener.look_again()
        self._is_listening.set()

    def _hear(self, connection: psycopg.Connection) -> None:
        while self._is_needed():
            for said in connection.notifies(timeout=TICK_SECONDS, stop_after=1):
                self._pass_on(said.payload)
            if time.monotonic() - self._checked >= CHECK_SECONDS:
                self._checked = time.monotonic()
                connection.execute("SELECT 1")  # a server that is gone says nothing
                self._end_those_who_left()

    def _pass_on(self, payload: str) -> None:
        try:
            said = json.loads(payload)
            heard = Heard(said["name"], frozenset(said["audience"]), said["data"], clock.now())
        except (ValueError, KeyError, TypeError):
            log.warning("an announcement that makes no sense")
            return
        with self._lock:
            if len(self._remembered) == REMEMBERED:
                self._remembers_from = self._remembered[1].at
            self._remembered.append(heard)
            listeners = [one for one in self._listeners if one.audience.is_meant_by(heard)]
        for listener in listeners:
            listener.hear(heard)

    def _end_those_who_left(self) -> None:
        with self._lock:
            listeners = [one for one in self._listeners if one.device_id is not None]
        if not listeners:
            return
        try:
            there = self._still_signed_in({one.device_id for one in listeners if one.device_id is not None})
        except Exception:  # noqa: BLE001  whatever the database's trouble is, the next look is in a minute
            log.warning("could not ask who is still signed in")
            return
        for listener in listeners:
            if listener.device_id not in there:
                listener.end()

    def _is_needed(self) -> bool:
        with self._lock:
            is_idle = not self._listeners and time.monotonic() - self._last_left > IDLE_SECONDS
            if self._is_closed or is_idle:
                self._thread = None
                self._is_listening.clear()
                self._remembers_from = None
                return False
        return True


_hubs: weakref.WeakSet[Hub] = weakref.WeakSet()


def end_streams_at_shutdown() -> None:
    """End all streams when the server is asked to stop, before it waits for its requests. For the main thread."""
    before = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        for hub in tuple(_hubs):
            hub.close()
        if callable(before):
            before(number, frame)
        else:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    with contextlib.suppress(ValueError):  # not in the main thread: whoever imports us there serves nobody
        signal.signal(signal.SIGTERM, stop)
        signal.siginterrupt(signal.SIGTERM, False)  # noqa: FBT003  the standard library takes no keyword
