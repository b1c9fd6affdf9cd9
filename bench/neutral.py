"""How long the answers take that must not tell who has an account."""

import http.client
import json
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import select

from portal.accounts.models import Account
from portal.bootstrap import db
from portal.core.permissions import Role
from portal.demo.people import PASSWORD

MOST = 25


@dataclass(frozen=True)
class Case:
    """A door, what is sent to it, those who are known there, and somebody who is not."""

    name: str
    path: str
    body: Callable[[str], dict[str, str]]
    known: list[str]
    stranger: Callable[[], str]


def cases() -> list[Case]:
    """To be asked within the application. Each known one is asked for once, so that no limit is met."""
    emails = list(db.session.scalars(select(Account.email).where(Account.email.is_not(None)).limit(MOST)))
    phones = list(db.session.scalars(select(Account.phone).where(Account.role == Role.PATIENT).limit(MOST)))
    by_mail, by_phone = [one for one in emails if one], [one for one in phones if one]
    return [
        Case("sign-in with a wrong password", "login", _password, by_mail, _address),
        Case("sign-up", "signup", _sign_up, by_mail, _address),
        Case("forgotten password", "forgot-password", _email, by_mail, _address),
        Case("sign-in code", "otp", _phone, by_phone, _number),
    ]


def seconds(port: int, case: Case) -> tuple[float, float]:
    """Medians for known and unknown, asked in turn, each time from another address."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for number, (is_known, who) in enumerate(_in_turn(case)):
        headers = {"Content-Type": "application/json", "X-Forwarded-For": f"198.51.100.{number}"}
        started = time.perf_counter()
        connection.request("POST", f"/api/v1/auth/{case.path}", json.dumps(case.body(who)), headers)
        answer = connection.getresponse()
        answer.read()
        taken[is_known].append(time.perf_counter() - started)
        if answer.status not in {200, 201, 401}:
            raise RuntimeError(f"{case.name}: {answer.status}")
    connection.close()
    return statistics.median(taken[True]), statistics.median(taken[False])


def _in_turn(case: Case) -> Iterator[tuple[bool, str]]:
    for one in case.known:
        yield True, one
        yield False, case.stranger()


def _password(who: str) -> dict[str, str]:
    return {"email": who, "password": f"wrong-{secrets.token_hex(4)}"}


def _sign_up(who: str) -> dict[str, str]:
    return {"fullName": "Nina Roy", "email": who, "password": PASSWORD}


def _email(who: str) -> dict[str, str]:
    return {"email": who}


def _phone(who: str) -> dict[str, str]:
    return {"phone": who}


def _address() -> str:
    return f"{secrets.token_hex(6)}@example.org"


def _number() -> str:
    return f"+4477009{secrets.randbelow(10**5):05}"
