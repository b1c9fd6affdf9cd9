"""What tests of pages share.

`sign_in(client, account)` signs somebody in without going through the pages, which have tests of their own.
`counted(...)` counts the queries of the requests made inside it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event
from werkzeug.test import TestResponse

from portal.accounts.devices import sign_in_device
from portal.accounts.models import Account
from portal.bootstrap import db
from portal.core import clock
from portal.web.sessions import TOKEN_KEY

HTMX = {"HX-Request": "true"}
"""The headers that make a request one of htmx, for a fragment."""


def sign_in(client: FlaskClient, account: Account) -> FlaskClient:
    """Sign the account in on this client, as a device that has just been used; returns the client.

    The account must be flushed by the test's own session.
    """
    with client.application.app_context():
        token = sign_in_device(db.session, account, description="a test", at=clock.now())
        db.session.commit()
    with client.session_transaction() as session:
        session[TOKEN_KEY] = token
    return client


def signed_in(app: Flask, account: Account) -> FlaskClient:
    """A further browser with somebody signed in, for tests with more than one person."""
    return sign_in(app.test_client(), account)


def errors_in(response: TestResponse) -> str:
    """The error summary of a form that came back; empty when there is none."""
    _, found, rest = response.text.partition('id="error-summary"')
    return rest.partition("</div>")[0] if found else ""


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that reach the database inside the block, savepoints left out: `assert len(queries) <= 8`."""
    statements: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
