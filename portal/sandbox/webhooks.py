"""Webhooks leave from a thread of their own, as providers send them: late, twice, in another order, when told to."""

import threading
from collections.abc import Callable, Mapping

import requests

from portal.sandbox.behaviour import Behaviour

Sign = Callable[[bytes, str], Mapping[str, str]]
TIMEOUT_SECONDS = 10
TRIES_AFTER_SECONDS = (0.0, 0.5, 2.0)
POLL_SECONDS = 0.1


class Teller:
    """Posts one provider's events to the address its manners name, or else to `url`; without either to nobody.

    `sign` makes the headers from a body and the id of its event, when it leaves.
    """

    def __init__(self, provider: str, behaviour: Behaviour, sign: Sign, *, url: str = "") -> None:
        self._provider, self._behaviour, self._sign, self._url = provider, behaviour, sign, url
        self._change = threading.Condition()
        self._waiting: list[tuple[str, bytes]] = []
        self._sending = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def tell(self, event_id: str, body: bytes) -> None:
        """Send that soon; returns at once."""
        with self._change:
            self._waiting.append((event_id, body))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
            self._change.notify_all()

    def settle(self, seconds: float = 10) -> bool:
        """Wait until all that can leave has left. What waits for company (webhook_batch) stays."""
        with self._change:
            return self._change.wait_for(lambda: not self._sending and not self._is_ready(), seconds)

    def forget(self) -> None:
        """Drop what waits."""
        with self._change:
            self._waiting.clear()

    def close(self) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def _is_ready(self) -> bool:
        return len(self._waiting) >= max(1, self._behaviour.of(self._provider).webhook_batch)

    def _work(self) -> None:
        while not self._stopping.is_set():
            for event_id, body in self._next():
                self._send(event_id, body)
            with self._change:
                self._sending = 0
                self._change.notify_all()

    def _next(self) -> list[tuple[str, bytes]]:
        """What may leave now, in the order in which it shall: a batch goes last first."""
        with self._change:
            if not self._change.wait_for(self._is_ready, POLL_SECONDS):
                return []
            letters, self._waiting = self._waiting, []
            self._sending = len(letters)
        return letters[::-1] if self._behaviour.of(self._provider).webhook_batch > 1 else letters

    def _send(self, event_id: str, body: bytes) -> None:
        manners = self._behaviour.of(self._provider)
        url = manners.webhook_url or self._url
        if not url or self._stopping.wait(manners.webhook_delay):
            return
        for _ in range(max(1, manners.webhook_copies)):
            self._deliver(url, event_id, body)

    def _deliver(self, url: str, event_id: str, body: bytes) -> None:
        for seconds in TRIES_AFTER_SECONDS:
            if self._stopping.wait(seconds):
                return
            headers = {"Content-Type": "application/json", **self._sign(body, event_id)}
            try:
                answer = requests.post(url, data=body, headers=headers, timeout=TIMEOUT_SECONDS)
            except requests.RequestException:
                continue
            if answer.ok:
                return
