"""Pooled connections to the database, and whether one still leads to a server when it is taken out again."""

import select
import time
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

POOL: dict[str, Any] = {"pool_size": 10, "max_overflow": 20, "pool_timeout": 10}
ASKED_AFTER = 5.0
"""Seconds of rest after which the server itself is asked: a machine that lost its power closes nothing."""


@event.listens_for(Engine, "checkin")
def _begin_rest(_connection: psycopg.Connection | None, entry: ConnectionPoolEntry) -> None:
    entry.info["rests_since"] = time.monotonic()


@event.listens_for(Engine, "checkout")
def _look(connection: psycopg.Connection, entry: ConnectionPoolEntry, _lent: object) -> None:
    """Put a connection that has been closed out of use, and all others made before now: the caller gets a new one.

    A server that stops, restarts or ends a connection says so and closes it, which the socket shows at once; asking
    it each time (`pool_pre_ping`) would cost a round trip on every page.
    """
    has_rested = time.monotonic() - entry.info.get("rests_since", time.monotonic()) > ASKED_AFTER
    if (has_rested or _has_something_to_say(connection)) and not _answers(connection):
        raise InvalidatePoolError


def _has_something_to_say(connection: psycopg.Connection) -> bool:
    """Whether there is anything to read though nothing was asked: the end of the connection, or only a notice."""
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def _answers(connection: psycopg.Connection) -> bool:
    try:
        connection.autocommit = True
        connection.execute("")
        connection.autocommit = False
    except psycopg.Error:
        return False
    return True
