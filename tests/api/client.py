"""A program that speaks the API, for tests."""

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from portal.accounts.models import Account
from portal.accounts.tokens import sign_in_program
from portal.bootstrap import db
from portal.core import clock

PREFIX = "/api/v1"


class Program:
    """Calls the API as one account, or as nobody. Paths are those below /api/v1."""

    def __init__(self, app: Flask, account: Account | None = None) -> None:
        self.app = app
        self._client = app.test_client(use_cookies=False)
        self.headers: dict[str, str] = {}
        if account is not None:
            self.headers["Authorization"] = f"Bearer {access_token(app, account)}"

    def get(self, path: str, **query: Any) -> TestResponse:
        return self._send("GET", path, query_string=query)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> TestResponse:
        return self._send("POST", path, json={} if body is None else body, key=key)

    def put(self, path: str, body: Any) -> TestResponse:
        return self._send("PUT", path, json=body)

    def patch(self, path: str, body: Any, *, key: str | None = None) -> TestResponse:
        return self._send("PATCH", path, json=body, key=key)

    def delete(self, path: str) -> TestResponse:
        return self._send("DELETE", path)

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        """Anything else: `headers`, `data` and so on are werkzeug's."""
        return self._send(method, path, **more)

    def _send(self, method: str, path: str, *, key: str | None = None, **more: Any) -> TestResponse:
        headers = {**self.headers, **more.pop("headers", {})}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self._client.open(PREFIX + path, method=method, headers=headers, **more)


def access_token(app: Flask, account: Account) -> str:
    """An access token of a program that has just signed in. The account must be flushed by the test's session."""
    with app.app_context():
        tokens = sign_in_program(
            db.session,
            account,
            description="a test",
            secret=app.config["SETTINGS"].secret_key,
            at=clock.now(),
        )
        db.session.commit()
    return tokens.access_token


def data_of(response: TestResponse) -> Any:
    """What a successful answer carries; fails with the answer's text for any other."""
    assert response.is_json, response.text
    assert response.json is not None
    assert response.json["success"] is True, response.text
    return response.json.get("data")


def refusal_of(response: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal; fails for any other answer."""
    assert response.json is not None
    assert response.json["success"] is False, response.text
    return response.status_code, response.json["error"]["code"]


def details_of(response: TestResponse) -> dict[str, str]:
    """What was wrong with which field."""
    refusal_of(response)
    details: dict[str, str] = response.get_json()["error"]["details"]
    return details
