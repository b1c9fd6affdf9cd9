"""Ana, signed in, at a practice that takes payments on the internet, on the day on which the stand-ins live."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core import clock
from tests.conftest import PracticeSets
from tests.stand_ins import StandIns, of_money, stand_ins
from tests.web.paying.visits import Visits


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as there:
        yield there


@pytest.fixture
def there(running: StandIns, practice_sets: PracticeSets) -> StandIns:
    """The stand-ins, with new books and usual manners."""
    running.behaviour.change({})
    running.stripe.forget()
    running.razorpay.forget()
    practice_sets(**of_money(running), public_url="http://localhost")
    return running


@pytest.fixture(params=["GBP", "INR"], ids=["stripe", "razorpay"])
def currency(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ana(
    app: Flask, client: FlaskClient, session: Session, there: StandIns, currency: str
) -> Iterator[Visits]:
    today = datetime.now(UTC)
    with clock.travel_to(today):
        yield Visits(app, client, session, there, currency, today)
