"""The books of the stand-in for Razorpay: orders, payments, refunds and links, in a file that outlives it."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS thing (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, parent TEXT NOT NULL, key TEXT NOT NULL,
    content TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_thing_parent ON thing (kind, parent);
CREATE INDEX IF NOT EXISTS ix_thing_key ON thing (kind, key);
"""
Thing = dict[str, Any]


class RazorpayBook:
    """Several threads, and several programs, may keep one book. A thing is a JSON object with an "id"."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._connection.executescript(TABLES)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def forget(self) -> None:
        """Begin a new book."""
        with self._lock:
            self._connection.execute("DELETE FROM thing")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All that is read and written within happens at once, or not at all; it may be entered again inside."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                yield

    def add(self, kind: str, thing: Thing, *, parent: str = "", key: str = "") -> None:
        """A new thing; `parent` and `key` are what it is found by, besides its id."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO thing (id, kind, parent, key, content) VALUES (?, ?, ?, ?, ?)",
                (thing["id"], kind, parent, key, json.dumps(thing)),
            )

    def change(self, thing: Thing, **changes: Any) -> Thing:
        """The thing with other values, written down."""
        changed = thing | changes
        with self._lock:
            self._connection.execute(
                "UPDATE thing SET content = ? WHERE id = ?", (json.dumps(changed), thing["id"])
            )
        return changed

    def find(self, kind: str, thing_id: str) -> Thing | None:
        found = self._read("SELECT content FROM thing WHERE kind = ? AND id = ?", kind, thing_id)
        return found[0] if found else None

    def all(self, kind: str, *, parent: str = "", key: str = "") -> list[Thing]:
        """Oldest first: all of a kind, or those with that parent or key."""
        return self._read(
            "SELECT content FROM thing WHERE kind = ? AND ? IN ('', parent) AND ? IN ('', key) ORDER BY seq",
            kind,
            parent,
            key,
        )

    def _read(self, query: str, *values: str) -> list[Thing]:
        with self._lock:
            return [json.loads(row[0]) for row in self._connection.execute(query, values).fetchall()]
