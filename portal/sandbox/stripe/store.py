"""Stripe's own books, in a file of their own: objects, idempotency keys, and a ledger of its own."""

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from portal.sandbox.stripe.refusal import Refusal, unknown

TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS stripe_object (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_stripe_object_kind ON stripe_object (kind, number);
CREATE TABLE IF NOT EXISTS stripe_key (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL,
    asked INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS stripe_ledger (
    number INTEGER PRIMARY KEY, payment_intent TEXT NOT NULL, entry TEXT NOT NULL, amount INTEGER NOT NULL,
    currency TEXT NOT NULL, reference TEXT NOT NULL
);
"""
LEDGER = ("payment_intent", "entry", "amount", "currency", "reference")
Thing = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """The answer that a key got the first time, and a digest of what was asked."""

    request: str
    status: int
    answer: str


class Store:
    """Threads share it; whoever writes does so inside `work()`. `tell` gets each event when it is in the books."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._connection.executescript(TABLES)
        self._untold: list[Thing] = []
        self.tell: Callable[[Thing], None] = lambda _event: None

    def close(self) -> None:
        self._connection.close()

    def forget(self) -> None:
        """Begin new books."""
        with self._lock:
            self._connection.executescript(
                "DELETE FROM stripe_object; DELETE FROM stripe_key; DELETE FROM stripe_ledger;"
            )

    @contextmanager
    def work(self) -> Iterator[None]:
        """One thing at a time, kept together; a refusal keeps what led to it, such as a declined charge."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except Refusal:
                self._commit()
                raise
            except BaseException:
                self._connection.execute("ROLLBACK")
                self._untold.clear()
                raise
            self._commit()

    def _commit(self) -> None:
        self._connection.execute("COMMIT")
        told, self._untold = self._untold, []
        for event in told:
            self.tell(event)

    def put(self, thing: Thing) -> Thing:
        """Keep an object, or what has become of it."""
        self._connection.execute(
            "INSERT INTO stripe_object (id, kind, body) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (thing["id"], thing["object"], json.dumps(thing)),
        )
        return thing

    def get(self, thing_id: str, kind: str) -> Thing:
        """Raises Refusal where there is none of that kind."""
        rows = self._rows("SELECT body FROM stripe_object WHERE id = ? AND ? IN ('', kind)", thing_id, kind)
        if not rows:
            raise unknown(kind, thing_id)
        return dict(json.loads(rows[0][0]))

    def has(self, thing_id: str) -> bool:
        return bool(self._rows("SELECT 1 FROM stripe_object WHERE id = ?", thing_id))

    def all(self, kind: str, *, status: str = "") -> list[Thing]:
        """The newest first; all of a kind, or those of a status."""
        query = (
            "SELECT body FROM stripe_object WHERE kind = ? AND ? IN ('', json_extract(body, '$.status'))"
            " ORDER BY number DESC"
        )
        return [json.loads(body) for (body,) in self._rows(query, kind, status)]

    def happened(self, name: str, thing: Thing) -> None:
        """Write an event, to be told once this work is done."""
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": now(),
            "data": {"object": public(thing)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": name,
        }
        self._untold.append(self.put(event))

    def known(self, key: str) -> Kept | None:
        """What that key got; counts the question."""
        query = "UPDATE stripe_key SET asked = asked + 1 WHERE key = ? RETURNING request, status, answer"
        rows = self._rows(query, key)
        return Kept(*rows[0]) if rows else None

    def keep(self, key: str, kept: Kept) -> None:
        query = "INSERT INTO stripe_key (key, request, status, answer) VALUES (?, ?, ?, ?)"
        self._connection.execute(query, (key, kept.request, kept.status, kept.answer))

    def asked(self) -> dict[str, int]:
        """How often each key was sent."""
        return dict(self._rows("SELECT key, asked FROM stripe_key"))

    def enter(self, intent: Thing, entry: str, amount: int) -> None:
        """Add to the ledger: what came in is above zero, what went back below."""
        reference = intent["metadata"].get("reference", "")
        self._connection.execute(
            "INSERT INTO stripe_ledger (payment_intent, entry, amount, currency, reference)"
            " VALUES (?, ?, ?, ?, ?)",
            (intent["id"], entry, amount, intent["currency"].upper(), reference),
        )

    def ledger(self) -> list[Thing]:
        """Every charge and refund that moved money, oldest first; `entry` is its id."""
        query = "SELECT payment_intent, entry, amount, currency, reference FROM stripe_ledger ORDER BY number"
        return [dict(zip(LEDGER, row, strict=True)) for row in self._rows(query)]

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()


def public(thing: Thing) -> Thing:
    """The object without what only this stand-in knows of it."""
    return {name: value for name, value in thing.items() if not name.startswith("_")}


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def now() -> int:
    return int(datetime.now(UTC).timestamp())
