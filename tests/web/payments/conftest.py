"""The cast on browsers of their own, and what Ana has paid for her visit to Bo: £60 by card."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment
from portal.core.permissions import Actor
from portal.payments import policy
from portal.payments.models import Payment
from tests.cast import Cast
from tests.payments.paying import a_paid
from tests.web.helpers import signed_in

BrowserOf = Callable[[Actor], FlaskClient]


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def browser_of(app: Flask, session: Session) -> BrowserOf:
    """The browser of somebody of the cast: browser_of(cast.ana)."""

    def open_one(actor: Actor) -> FlaskClient:
        session.flush()
        return signed_in(app, session.get_one(Account, actor.account_id))

    return open_one


@pytest.fixture
def anas(browser_of: BrowserOf, cast: Cast) -> FlaskClient:
    return browser_of(cast.ana)


@pytest.fixture
def maxs(browser_of: BrowserOf, cast: Cast) -> FlaskClient:
    """The manager's."""
    return browser_of(cast.max)


@pytest.fixture
def fays(browser_of: BrowserOf, cast: Cast) -> FlaskClient:
    """The front desk's."""
    return browser_of(cast.fay)


@pytest.fixture
def paid(session: Session, cast: Cast) -> Payment:
    return a_paid(session, cast, transaction_id="pi_1", instrument="card")


@pytest.fixture
def visit(session: Session, paid: Payment) -> Appointment:
    return session.get_one(Appointment, paid.appointment_id)


@pytest.fixture
def keeps_half() -> Iterator[None]:
    """The practice keeps half of the fee of whoever cancels late or does not come."""
    before = policy.current()
    policy.configure(replace(before, late_fee_percent=50, no_show_fee_percent=50))
    yield
    policy.configure(before)
