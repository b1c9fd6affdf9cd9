"""What the stand-ins were given, in a file that outlives them however they end."""

import json
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, provider TEXT NOT NULL, key TEXT NOT NULL,
    recipient TEXT NOT NULL, content TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_message_key ON message (key);
CREATE TABLE IF NOT EXISTS answer (
    provider TEXT, key TEXT, answer TEXT NOT NULL, asked INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (provider, key)
);
"""


@dataclass(frozen=True)
class Given:
    """One message as a provider got it. `key` is "" where the provider knows none."""

    provider: str
    recipient: str
    content: Mapping[str, Any]
    key: str = ""


class Book:
    """Several threads, and several programs, may write into one book."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._connection.executescript(TABLES)

    def close(self) -> None:
        self._connection.close()

    def forget(self) -> None:
        """Begin a new book."""
        with self._lock:
            self._connection.executescript("DELETE FROM message; DELETE FROM answer;")

    def write(self, given: Given) -> None:
        """Note a message; as often as it is given."""
        with self._lock:
            self._insert(given)

    def write_once(self, given: Given, answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Note a message unless its key is known, and return the answer that the key got the first time."""
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            known = self._connection.execute(
                "UPDATE answer SET asked = asked + 1 WHERE provider = ? AND key = ? RETURNING answer",
                (given.provider, given.key),
            ).fetchall()
            if not known:
                said = answer()
                self._connection.execute(
                    "INSERT INTO answer (provider, key, answer) VALUES (?, ?, ?)",
                    (given.provider, given.key, json.dumps(said)),
                )
                self._insert(given)
                return said
        return dict(json.loads(known[0][0]))

    def messages(self, *, key: str = "", recipient: str = "", after: int = 0) -> list[dict[str, Any]]:
        """What was given, oldest first; all of it, or by key or recipient, or from behind an id."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT id, at, provider, key, recipient, content FROM message"
                " WHERE id > ? AND ? IN ('', key) AND ? IN ('', recipient) ORDER BY id",
                (after, key, recipient),
            ).fetchall()
        names = ("id", "at", "provider", "key", "recipient", "content")
        return [dict(zip(names, (*row[:5], json.loads(row[5])), strict=True)) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many messages each key has led to."""
        return self._pairs("SELECT key, count(*) FROM message WHERE key <> '' GROUP BY key")

    def asked(self) -> dict[str, int]:
        """How often each key was sent, where keys are honoured: more often than its message, after failures."""
        return self._pairs("SELECT key, sum(asked) FROM answer GROUP BY key")

    def _pairs(self, query: str) -> dict[str, int]:
        with self._lock:
            return dict(self._connection.execute(query).fetchall())

    def _insert(self, given: Given) -> None:
        self._connection.execute(
            "INSERT INTO message (at, provider, key, recipient, content) VALUES (?, ?, ?, ?, ?)",
            (
                datetime.now(UTC).isoformat(timespec="milliseconds"),
                given.provider,
                given.key,
                given.recipient,
                json.dumps(given.content),
            ),
        )
