"""A practice that settles payments, once with each provider."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from portal.core import clock
from tests.payments.gateways.razorpay_till import RazorpayTill
from tests.payments.gateways.stripe_till import StripeTill
from tests.payments.gateways.tills import Till
from tests.payments.settlement import Shop
from tests.stand_ins import StandIns, stand_ins

TILLS: tuple[Till, ...] = (StripeTill(), RazorpayTill())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as there:
        yield there


@pytest.fixture(params=TILLS, ids=[till.name for till in TILLS])
def till(request: pytest.FixtureRequest, running: StandIns) -> Till:
    running.behaviour.change({})
    found: Till = request.param
    found.forget(running)
    return found


@pytest.fixture
def shop(session: Session, running: StandIns, till: Till) -> Iterator[Shop]:
    """On the day on which the stand-ins live: their pages end by their own clock."""
    today = datetime.now(UTC)
    with clock.travel_to(today):
        yield Shop(session, running, till, today)
