"""Stripe as a whole: its books, its webhooks, and how requests are answered."""

import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from portal.sandbox.behaviour import Behaviour, Manners, Mood
from portal.sandbox.stripe import checkout, subscriptions
from portal.sandbox.stripe.refusal import Refusal
from portal.sandbox.stripe.store import Kept, Store, Thing
from portal.sandbox.webhooks import Teller
from portal.settings import Settings

SWEEP_SECONDS = 1.0
Answer = tuple[int, str]


class StripeStandIn:
    """Threads share it. Webhooks go where the manners say, else to SANDBOX_STRIPE_WEBHOOK_URL."""

    def __init__(self, settings: Settings, behaviour: Behaviour, path: Path) -> None:
        self.secret_key = settings.stripe_secret_key
        self._secret = settings.stripe_webhook_secrets.partition(",")[0].strip()
        self._behaviour = behaviour
        self.store = Store(path)
        url = os.environ.get("SANDBOX_STRIPE_WEBHOOK_URL", "")
        self.webhooks = Teller("stripe", behaviour, self._sign, url=url)
        self.store.tell = self.tell
        self._stopping = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep, daemon=True)
        self._sweeper.start()

    def stop(self) -> None:
        """Keep no request waiting any longer."""
        self._stopping.set()

    def close(self) -> None:
        self.stop()
        self._sweeper.join()
        self.webhooks.close()
        self.store.close()

    def forget(self) -> None:
        """Begin new books; what was not told yet never is."""
        self.webhooks.forget()
        self.store.forget()

    def tell(self, event: Thing) -> None:
        """Send an event's webhook, for the first time or again."""
        self.webhooks.tell(event["id"], json.dumps(event).encode())

    def mood(self) -> tuple[Mood, Manners]:
        return self._behaviour.mood("stripe"), self._behaviour.of("stripe")

    def wait(self, seconds: float) -> None:
        """As long, or until everything stops."""
        self._stopping.wait(seconds)

    def once(self, key: str, request: str, act: Callable[[], dict[str, Any]]) -> Answer:
        """Status and text: what the key got before, or what `act` answers now. Raises Refusal for failed checks."""
        with self.store.work():
            kept = self.store.known(key) if key else None
            if kept is None:
                kept = Kept(request, *_outcome(act))
                if key:
                    self.store.keep(key, kept)
        if kept.request != request:
            words = "Keys for idempotent requests can only be used with the same parameters they were first used with."
            raise Refusal(words, type="idempotency_error")
        return kept.status, kept.answer

    def _sign(self, body: bytes, _event_id: str) -> Mapping[str, str]:
        return {"Stripe-Signature": signature(body, self._secret, at=int(time.time()))}

    def _sweep(self) -> None:
        while not self._stopping.wait(SWEEP_SECONDS):
            with self.store.work():
                checkout.sweep(self.store)
                subscriptions.sweep(self.store)


def _outcome(act: Callable[[], dict[str, Any]]) -> Answer:
    try:
        return 200, json.dumps(act())
    except Refusal as refusal:
        if not refusal.is_kept:
            raise
        return refusal.status, json.dumps(refusal.body())


def signature(body: bytes, secret: str, *, at: int) -> str:
    """The header that proves who sent a body, and when."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
