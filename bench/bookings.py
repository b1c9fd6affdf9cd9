"""Bookings through the real pages: signed-in patients hold a time and confirm it, two requests each."""

import http.client
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from itertools import cycle
from typing import Protocol
from urllib.parse import urlencode

from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import exists, or_, select

from portal.accounts.commands import sign_in_device
from portal.accounts.models import Account
from portal.appointments.availability import Asking, Availability
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient, Resource
from portal.people.queries import listed
from portal.scheduling.models import Service
from portal.web.sessions import TOKEN_KEY


@dataclass
class Visitor:
    """A signed-in patient's browser."""

    cookie: str
    token: str
    connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def post(self, port: int, path: str, **form: str) -> tuple[int, str]:
        """Post a form; the status and where the answer leads."""
        status, location, _ = self.ask(port, path, **form)
        return status, location

    def ask(self, port: int, path: str, **form: str) -> tuple[int, str, str]:
        """Post a form; the status, where the answer leads, and the page."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        body = urlencode({"csrf_token": self.token, **form})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self.cookie}
        self.connection.request("POST", path, body, headers)
        answer = self.connection.getresponse()
        page = answer.read().decode()
        self._remember(answer.getheader("Set-Cookie"))
        return answer.status, answer.getheader("Location") or "", page

    def book(self, port: int, slot_id: str) -> int:
        """Hold and confirm; 200 for a booking, else the status of the refusal."""
        status, held = self.post(port, "/holds", slot=slot_id)
        if status != 303 or not re.match(r"^/holds/[0-9a-f-]{36}$", held):
            return status
        status, _ = self.post(port, f"{held}/confirmation")
        return 200 if status == 303 else status

    def leave(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _remember(self, header: str | None) -> None:
        cookies = SimpleCookie(header or "")
        if "session" in cookies:
            self.cookie = f"session={cookies['session'].value}"


def visitors(app: Flask, count: int) -> list[Visitor]:
    """As many patients, each with an account and signed in; the addresses of pages are known to them."""
    with app.app_context():
        tokens = in_transaction(db.session, lambda: [_signed_in(new_patient()) for _ in range(count)])
    return [_browser(app, token) for token in tokens]


def colleague(app: Flask, username: str) -> Visitor:
    """Somebody of the demo's staff, signed in."""
    with app.app_context():
        account = db.session.scalars(select(Account).where(Account.username == username)).one()
        token = in_transaction(db.session, lambda: _signed_in(account))
    return _browser(app, token)


def free_slots(app: Flask, *, days: int = 60) -> list[str]:
    """Ids of times that patients can book, no two of one clinician overlapping, well mixed."""
    with app.app_context():
        clinicians = list(
            db.session.scalars(select(Clinician).where(listed(), ~Clinician.requires_acceptance))
        )
        at = clock.now()
        ids = []
        for clinician in clinicians:
            service = db.session.scalar(
                select(Service).where(Service.clinician_id == clinician.id, Service.is_active)
            )
            found = Availability(
                db.session, [clinician], at.date(), at.date() + timedelta(days=days), Asking(at)
            )
            ids.append([slot.id for slot in found.free(service)] if service else [])
        longest = max(map(len, ids))
        return [column[row] for row in range(longest) for column in ids if row < len(column)]


class Booker(Protocol):
    """Whoever books: a browser, or a program."""

    def book(self, port: int, slot_id: str) -> int: ...


def rate(
    port: int, browsers: Sequence[Booker], slots: Sequence[str], *, clients: int, seconds: float
) -> tuple[float, Counter[int]]:
    """Bookings a second by that many clients at once, each taking its own times, and the statuses answered.

    Each client books for several patients in turn, because one patient may not take times without end.
    """
    deadline = time.monotonic() + seconds
    outcomes: Counter[int] = Counter()
    lock = threading.Lock()
    left = iter(slots)

    def work(mine: Iterator[Booker]) -> None:
        while time.monotonic() < deadline:
            with lock:
                slot = next(left, None)
            if slot is None:
                return
            status = next(mine).book(port, slot)
            with lock:
                outcomes[status] += 1

    started = time.monotonic()
    shares = [cycle(browsers[number::clients]) for number in range(clients)]
    _together([threading.Thread(target=work, args=[mine]) for mine in shares])
    return outcomes[200] / (time.monotonic() - started), outcomes


def rush(port: int, browsers: Sequence[Booker], slot: str) -> tuple[Counter[int], list[float]]:
    """All at once for one time: how often each status was answered, and the seconds each took."""
    outcomes: Counter[int] = Counter()
    seconds: list[float] = []
    lock, barrier = threading.Lock(), threading.Barrier(len(browsers))

    def work(visitor: Booker) -> None:
        barrier.wait()
        started = time.monotonic()
        status = visitor.book(port, slot)
        with lock:
            outcomes[status] += 1
            seconds.append(time.monotonic() - started)

    _together([threading.Thread(target=work, args=[visitor]) for visitor in browsers])
    return outcomes, sorted(seconds)


def new_patient() -> Account:
    """A patient with an account, flushed."""
    phone = f"+4477009{secrets.randbelow(10**5):05}"
    while db.session.scalar(select(or_(*(exists().where(one.phone == phone) for one in (Account, Patient))))):
        phone = f"+447{secrets.randbelow(10**9):09}"
    account = Account(role=Role.PATIENT, full_name="Bench Patient", phone=phone)
    db.session.add(account)
    db.session.flush()
    record = Patient(
        account_id=account.id, full_name=account.full_name, phone=phone, resource=Resource(kind="PATIENT")
    )
    db.session.add(record)
    return account


def _signed_in(account: Account) -> str:
    return sign_in_device(db.session, account, description="bench", at=clock.now())


def _browser(app: Flask, token: str) -> Visitor:
    with app.test_request_context("/"):
        session[TOKEN_KEY] = token
        session["_fresh"] = True
        csrf = generate_csrf()
        signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        return Visitor(cookie=f"session={signer.dumps(dict(session))}", token=csrf)


def _together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
