"""People at the front desk of Riverside, and a browser that sends forms as the pages give them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts.models import Account
from portal.centres.models import Centre
from portal.core.permissions import Role
from tests.factories import a_centre, an_account
from tests.web.helpers import signed_in


class Desk:
    """A signed-in browser: `post` adds the token of the page last seen."""

    def __init__(self, client: FlaskClient):
        self.client = client
        self._token = ""

    def get(self, address: str, **kwargs: Any) -> TestResponse:
        return self._seen(self.client.get(address, **kwargs))

    def post(self, address: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        if not self._token:
            self.get("/patients")
        return self._seen(self.client.post(address, data={"csrf_token": self._token, **(data or {})}, **kwargs))

    def follow(self, response: TestResponse) -> TestResponse:
        """The page that a 303 leads to."""
        assert response.status_code == 303, response.text[:2000]
        return self.get(response.headers["Location"])

    def _seen(self, response: TestResponse) -> TestResponse:
        found = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
        if found:
            self._token = found[1]
        return response


@pytest.fixture
def riverside(session: Session) -> Centre:
    return a_centre(session, name="Riverside")


@pytest.fixture
def desk_of(app: Flask, session: Session) -> Callable[..., Desk]:
    """The browser of an account, or of a new colleague of that role at a centre."""

    def make(who: Role | Account, centre: Centre | None = None) -> Desk:
        account = who if isinstance(who, Account) else an_account(session, who, centre=centre)
        session.flush()
        return Desk(signed_in(app, account))

    return make


@pytest.fixture
def fay(desk_of: Callable[..., Desk], riverside: Centre) -> Desk:
    """Fay sits at the front desk of Riverside."""
    return desk_of(Role.FRONT_DESK, riverside)


@pytest.fixture
def cora(desk_of: Callable[..., Desk], riverside: Centre) -> Desk:
    """Cora coordinates care at Riverside, and may overbook."""
    return desk_of(Role.CARE_COORDINATOR, riverside)
