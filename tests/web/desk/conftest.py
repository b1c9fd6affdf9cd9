"""People who work at the centre Riverside, each in a browser of their own."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.centres.models import Centre
from portal.core.permissions import Role
from tests.factories import a_centre, an_account
from tests.web.helpers import signed_in

BrowserOf = Callable[..., FlaskClient]


@pytest.fixture
def riverside(session: Session) -> Centre:
    return a_centre(session, name="Riverside")


@pytest.fixture
def browser_of(app: Flask, session: Session) -> BrowserOf:
    """The browser of an account, or of a new colleague of that role at a centre."""

    def make(who: Role | Account, centre: Centre | None = None) -> FlaskClient:
        account = who if isinstance(who, Account) else an_account(session, who, centre=centre)
        session.flush()
        return signed_in(app, account)

    return make


@pytest.fixture
def fay(browser_of: BrowserOf, riverside: Centre) -> FlaskClient:
    """Fay sits at the front desk of Riverside."""
    return browser_of(Role.FRONT_DESK, riverside)


@pytest.fixture
def cora(browser_of: BrowserOf, riverside: Centre) -> FlaskClient:
    """Cora coordinates care at Riverside, and may overbook."""
    return browser_of(Role.CARE_COORDINATOR, riverside)
