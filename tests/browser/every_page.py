"""Every page of the address map that one person may open, each opened once; what is shaped alike counts as one.

The demo practice fills the pages. What an address asks for (`<int:appointment_id>`) is tried with rows of the
database until a page opens.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus

import requests
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from portal.accounts.commands import sign_in_device
from portal.accounts.models import Account
from portal.core import clock
from portal.web.sessions import TOKEN_KEY

TRIED, FEW = 12, 3
STREAMS = {"live.events", "public.times"}
SHAPE = {
    "class",
    "role",
    "type",
    "name",
    "aria-current",
    "aria-expanded",
    "aria-haspopup",
    "scope",
    "open",
    "hidden",
}
ROWS = {
    # The documented patient and clinician first: all roles reach what is theirs.
    "appointment_id": """
        SELECT a.id FROM appointment a
        LEFT JOIN patient p ON p.id = a.patient_id LEFT JOIN clinician c ON c.id = a.clinician_id
        LEFT JOIN account pa ON pa.id = p.account_id LEFT JOIN account ca ON ca.id = c.account_id
        WHERE a.booked_at IS NOT NULL AND (pa.id = :account OR ca.id = :account OR :is_staff)
        ORDER BY (pa.phone = '+447700900123') DESC NULLS LAST, (a.status = 'CONFIRMED' AND a.starts_at > now()) DESC,
            (a.status = 'PENDING') DESC, a.starts_at DESC""",
    "patient_id": """
        SELECT id FROM patient WHERE deleted_at IS NULL
        ORDER BY (coalesce(phone, '') = '+447700900123') DESC, is_dependant DESC, id""",
    "other_id": "SELECT id FROM patient WHERE deleted_at IS NULL ORDER BY id DESC",
    "clinician_id": """
        SELECT c.id FROM clinician c WHERE c.deleted_at IS NULL
        ORDER BY (c.account_id = :account) DESC, (c.approved_at IS NULL) DESC, c.id""",
    "carer_id": "SELECT carer_id FROM care UNION ALL SELECT max(id) FROM patient",
    "category_id": "SELECT id FROM category ORDER BY id",
    "centre_id": "SELECT id FROM centre ORDER BY id",
    "delivery_id": "SELECT id FROM delivery ORDER BY id DESC",
    "account_id": "SELECT id FROM account WHERE role <> 'PATIENT' AND id <> :account ORDER BY id",
    "conversation_id": "SELECT id FROM conversation ORDER BY id",
    "payment_id": """
        SELECT y.id FROM payment y
        JOIN appointment a ON a.id = y.appointment_id LEFT JOIN patient p ON p.id = a.patient_id
        WHERE p.account_id = :account OR :is_staff ORDER BY (y.status = 'PAID') DESC, y.id DESC""",
    "key": "SELECT key FROM payment ORDER BY (status = 'PENDING') DESC, id",
    "quotation_id": "SELECT id FROM quotation ORDER BY id DESC",
    "payout_id": "SELECT id FROM payout ORDER BY id",
    "service_id": "SELECT id FROM service ORDER BY id",
    "kind": "SELECT 'appointment-confirmed'",
    "channel": "SELECT 'email'",
    "language": "SELECT 'en'",
    "sort": "SELECT 'patients'",
    "run_id": "SELECT id FROM import_run ORDER BY id",
    "group": "SELECT 'booking'",
}


Shape = frozenset[str]


@dataclass
class Visit:
    """One address as one person found it."""

    rule: str
    address: str
    status: int
    is_page: bool
    shapes: tuple[Shape, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Visitor:
    """Somebody with the cookie of their browser; no account is a stranger."""

    name: str
    account: Account | None
    cookie: str | None


def visitor(app: Flask, session: Session, name: str, account: Account | None) -> Visitor:
    """Sign the account in, without going through the pages."""
    if account is None:
        return Visitor(name, None, None)
    token = sign_in_device(session, account, description="every page", at=clock.now())
    session.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[TOKEN_KEY] = token
    kept = client.get_cookie("session")
    assert kept is not None
    return Visitor(name, account, kept.value)


def visits(app: Flask, session: Session, base: str, who: Visitor) -> Iterator[Visit]:
    """What this person finds at each address that can be asked for."""
    browser = requests.Session()
    if who.cookie:
        browser.cookies.set("session", who.cookie)
    for rule in sorted(_rules(app), key=lambda rule: rule.rule):
        yield _best(browser, base, rule, list(_addresses(app, session, rule, who)))


def _rules(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        is_ours = not rule.rule.startswith(("/api", "/static", "/ws", "/dev", "/metrics", "/health"))
        if "GET" in (rule.methods or ()) and is_ours and rule.endpoint not in STREAMS:
            yield rule


def _addresses(app: Flask, session: Session, rule: Rule, who: Visitor) -> Iterator[str]:
    routes = app.url_map.bind("localhost")
    arguments = sorted(rule.arguments)
    if not arguments:
        yield routes.build(rule.endpoint)
        return
    if not all(argument in ROWS for argument in arguments):
        return
    values = [_candidates(session, argument, who) for argument in arguments]
    if len(arguments) == 1 or rule.endpoint.startswith("admin.message_template"):
        for each in values[0]:
            first = {
                argument: column[0] for argument, column in zip(arguments, values, strict=True) if column
            }
            yield routes.build(rule.endpoint, {**first, arguments[0]: each})
        return
    for one in values[0]:
        for other in values[1]:
            yield routes.build(rule.endpoint, {arguments[0]: one, arguments[1]: other})


def _candidates(session: Session, argument: str, who: Visitor) -> list[object]:
    account = who.account
    values = {
        "account": account.id if account else 0,
        "is_staff": account is not None and account.role_name.is_staff,
    }
    statement = text(ROWS[argument])
    used = {name: value for name, value in values.items() if f":{name}" in ROWS[argument]}
    return list(session.scalars(statement.bindparams(**used)).fetchmany(TRIED))


def _best(browser: requests.Session, base: str, rule: Rule, addresses: list[str]) -> Visit:
    """The first that opens, else the last refusal; whoever is forbidden a few is forbidden all."""
    found = Visit(rule.rule, "", 0, is_page=False)
    forbidden = 0
    for address in addresses[: TRIED * 4]:
        answer = browser.get(base + address, allow_redirects=False, timeout=30)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html") and "<html" in answer.text
        found = Visit(
            rule.rule, address, answer.status_code, is_page, _shapes(answer.text) if is_page else ()
        )
        if answer.ok and answer.status_code not in {302, 303}:
            break
        forbidden += answer.status_code == HTTPStatus.FORBIDDEN
        if forbidden == FEW:
            break
    return found


def _shapes(html: str) -> tuple[Shape, Shape]:
    """Of what a page says, and of the frame with the menu around it: elements without words, each kind once.

    What is of one shape has the same faults; all pages of one person have the same frame, which names them.
    """
    reader = _Reader()
    reader.feed(html)
    return frozenset(reader.said), frozenset(reader.frame)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: set[str] = set()
        self.frame: set[str] = set()
        self.kinds = self.frame

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "main":
            self.kinds = self.said
        known = "".join(f"[{name}={value}]" for name, value in sorted(attrs) if name in SHAPE)
        self.kinds.add(f"{tag}{known}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self.kinds = self.frame
