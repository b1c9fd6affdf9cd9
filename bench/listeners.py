"""Pages that are open and idle: what five hundred of them cost the default deployment, and how fast they hear."""

import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import select, text

from bench.bookings import Visitor
from portal.accounts.models import Device
from portal.bootstrap import db
from portal.core import live
from portal.core.db import in_transaction

STREAMS = 500
PATIENCE = 60.0
CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
OF_HUBS = f"{CONNECTIONS} AND application_name = 'live'"


@contextmanager
def open_streams(port: int, people: Sequence[Visitor]) -> Iterator[list[socket.socket]]:
    """As many pages that listen, shared among the people; one that is refused tries again."""
    opened: list[socket.socket] = []
    deadline = time.monotonic() + PATIENCE
    while len(opened) < STREAMS and time.monotonic() < deadline:
        stream = _open(port, people[len(opened) % len(people)])
        if stream is not None:
            opened.append(stream)
    try:
        yield opened
    finally:
        for stream in opened:
            stream.close()


def seconds_until_heard(app: Flask, streams: Sequence[socket.socket]) -> list[float]:
    """After how many seconds each stream that hears of a change does, in order."""
    with selectors.DefaultSelector() as waiting:
        for stream in streams:
            _drain(stream)
            waiting.register(stream, selectors.EVENT_READ)
        begun = time.monotonic()
        _announce(app)
        heard = []
        while len(heard) < len(streams) and time.monotonic() < begun + PATIENCE:
            for key, _ in waiting.select(timeout=1):
                if b"appointment.changed" in key.fileobj.recv(4096):  # type: ignore[union-attr]
                    heard.append(time.monotonic() - begun)
                    waiting.unregister(key.fileobj)
    return heard


def connections(app: Flask, statement: str) -> int:
    """How many connections to the database there are, but this one."""
    with app.app_context():
        found = db.session.scalar(text(statement))
        db.session.rollback()
        return int(found or 0)


def memory(port: int) -> list[int]:
    """Resident megabytes of each process that serves the port, the largest first."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"127.0.0.1:{port}" in (process / "cmdline").read_text():
                status = (process / "status").read_text()
                found.append(int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) // 1024)
        except (OSError, IndexError):
            continue
    return sorted(found, reverse=True)


def _open(port: int, who: Visitor) -> socket.socket | None:
    stream = socket.create_connection(("127.0.0.1", port), timeout=30)
    stream.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {who.cookie}\r\n\r\n".encode())
    if b" 200 " in stream.recv(64):
        return stream
    stream.close()
    time.sleep(0.1)
    return None


def _drain(stream: socket.socket) -> None:
    stream.settimeout(0)
    try:
        while stream.recv(4096):
            pass
    except BlockingIOError:
        pass


def _announce(app: Flask) -> None:
    """Something that concerns everybody who is signed in on a browser."""
    with app.app_context():
        accounts = db.session.scalars(
            select(Device.account_id).where(Device.ended_at.is_(None)).distinct()
        ).all()
        audience = [live.account(one) for one in accounts]
        for some in range(0, len(audience), 200):
            in_transaction(
                db.session,
                lambda some=some: live.announce(  # type: ignore[misc]
                    db.session, "appointment.changed", audience[some : some + 200], id=1
                ),
            )
