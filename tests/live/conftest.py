"""A server within the test's process on a database of its own, with real commits, and programs that listen to it.

`served.post(cast.ana, path, body)` calls the API, `served.listen(cast.ana)` opens a stream of events, and
`served.socket(cast.ana)` a WebSocket. What a test does with `served.session()` is committed by `served.commit`.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import requests
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from websocket import WebSocket, create_connection
from werkzeug.serving import BaseWSGIServer, make_server

from portal.accounts.devices import sign_in_device
from portal.accounts.models import Account
from portal.accounts.tokens import sign_in_program
from portal.app import create_app
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import engine_for, in_transaction
from portal.core.permissions import Actor
from portal.core.postgres import Cluster
from portal.delivery import hub
from portal.delivery.hub import Hub
from portal.notifications import inbox
from portal.web.sessions import TOKEN_KEY
from tests.cast import Cast
from tests.conftest import new_database, settings_for
from tests.factories import an_appointment

T = TypeVar("T")
SOON = 5.0  # seconds; far more than anything here takes


@dataclass
class Event:
    name: str
    id: str
    data: dict[str, Any]


class Stream:
    """Server-sent events as a client reads them."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self._lines = response.iter_lines(chunk_size=1, decode_unicode=True)
        self.last_id = ""

    def next(self, name: str | None = None) -> Event:
        """The next event, or the next of that name; fails where the stream ends or says nothing for too long."""
        while True:
            found = self._block()
            if found.name and name in {None, found.name}:
                return found

    def is_over(self) -> bool:
        """Whether nothing but the end comes."""
        return not [line for line in self._lines if line.startswith("event")]

    def close(self) -> None:
        self.response.close()

    def _block(self) -> Event:
        fields = {"id": self.last_id}
        for line in self._lines:
            if not line:
                self.last_id = fields["id"]
                return Event(fields.get("event", ""), fields["id"], json.loads(fields.get("data", "{}")))
            name, _, value = line.partition(": ")
            fields[name] = value
        raise AssertionError("the stream has ended")


@dataclass
class Served:
    app: Flask
    engine: Engine
    port: int
    cast: Cast
    opened: list[Any] = field(default_factory=list)

    @property
    def hub(self) -> Hub:
        found: Hub = self.app.extensions["hub"]
        return found

    @contextmanager
    def session(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def commit(self, work: Callable[[Session], T]) -> T:
        """Do it as the product does: in a transaction, announced when it is committed."""
        with self.session() as session:
            return in_transaction(session, lambda: work(session))

    def tell(self, actor: Actor, title: str) -> int:
        """Tell an account something in-app; the notification's id."""
        return int(self.commit(lambda session: told_to(session, actor, title)).id)

    def token(self, actor: Actor) -> str:
        secret = self.app.config["SETTINGS"].secret_key
        return self.commit(
            lambda session: sign_in_program(
                session,
                session.get_one(Account, actor.account_id),
                description="test",
                secret=secret,
                at=clock.now(),
            )
        ).access_token

    def post(self, actor: Actor, path: str, body: Any = None, *, token: str | None = None) -> Any:
        answer = requests.post(
            self.address(path), json=body or {}, headers=self.bearer(token or self.token(actor)), timeout=SOON
        )
        assert answer.ok, answer.text
        return answer.json().get("data")

    def listen(self, actor: Actor, *, token: str | None = None, since: str = "", **more: Any) -> Stream:
        """A stream that has begun."""
        headers = self.bearer(token or self.token(actor)) | ({"Last-Event-ID": since} if since else {})
        stream = Stream(self.ask("/events", headers=headers, **more))
        self.opened.append(stream)  # one that nobody knows any more is closed
        assert stream.next().name == "stream.open"
        return stream

    def ask(self, path: str, *, headers: dict[str, str], **more: Any) -> requests.Response:
        answer = requests.get(
            self.address(path),
            headers={"Accept": "text/event-stream", **headers},
            stream=True,
            timeout=SOON,
            **more,
        )
        self.opened.append(answer)
        return answer

    @contextmanager
    def page_stream(
        self, actor: Actor, *, since: str = "", last_seen: timedelta = timedelta()
    ) -> Iterator[Stream]:
        """The stream of a page of somebody who was last seen that long ago."""
        with self.session() as session, session.begin():
            account = session.get_one(Account, actor.account_id)
            token = sign_in_device(session, account, description="test", at=clock.now() - last_seen)
        browser = self.app.test_client()
        with browser.session_transaction() as cookie:
            cookie[TOKEN_KEY] = token
        kept = browser.get_cookie("session")
        assert kept is not None
        address = f"http://127.0.0.1:{self.port}/events"
        with requests.get(
            address, params={"since": since}, cookies={"session": kept.value}, stream=True, timeout=SOON
        ) as answer:
            assert answer.ok
            yield Stream(answer)

    def ticket(self, actor: Actor) -> str:
        return str(self.post(actor, "/events/tickets")["ticket"])

    def socket(
        self, actor: Actor, path: str = "/ws/", *, ticket: str | None = None, **more: Any
    ) -> WebSocket:
        address = f"ws://127.0.0.1:{self.port}{path}?ticket={ticket or self.ticket(actor)}"
        made: WebSocket = create_connection(address, timeout=SOON, **{"suppress_origin": True, **more})
        self.opened.append(made)
        return made

    def bearer(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1{path}"


def told_to(session: Session, actor: Actor, title: str) -> Any:
    return inbox.tell(
        session,
        actor.account_id or 0,
        "meeting_confirmed",
        title,
        "",
        action="",
        related_id=None,
        at=clock.now(),
    )


@pytest.fixture(scope="module")
def running(cluster: Cluster, template_database: str) -> Iterator[Served]:
    """Ana has an appointment with Bo at Leeds; Zora, Zoe and Zack belong to York."""
    url = new_database(cluster, template_database, f"live_{uuid.uuid4().hex[:10]}")
    engine = engine_for(url)
    with Session(engine, expire_on_commit=False) as session:
        cast = Cast(session)
        an_appointment(session, clinician=cast.clinician, patient=cast.patient, at=clock.now())
        cast.everybody()
        session.commit()
    app = create_app(settings_for(url, live_streams=12, cors_origins=("https://friend.example",)))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(app, engine, server.server_port, cast)
    _stop(app, server, engine)


@pytest.fixture
def served(running: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(hub, "TICK_SECONDS", 0.05)
    yield running
    for one in running.opened:
        getattr(one, "shutdown", one.close)()
    running.opened.clear()
    wait_until(lambda: not running.hub._listeners)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not is_so():
        assert time.monotonic() < deadline, "it never was so"
        time.sleep(0.01)


def _stop(app: Flask, server: BaseWSGIServer, engine: Engine) -> None:
    app.extensions["hub"].close()
    server.shutdown()
    server.server_close()
    with app.app_context():
        db.engine.dispose()
    engine.dispose()
