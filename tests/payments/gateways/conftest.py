"""Each gateway as it is used, with the stand-in it speaks to."""

from collections.abc import Iterator

import pytest

from portal.payments.gateways.razorpay import Razorpay
from portal.payments.gateways.stripe import Stripe
from tests.payments.gateways.ears import Ears, ears
from tests.payments.gateways.razorpay_practice import Practice
from tests.payments.gateways.razorpay_till import RazorpayTill
from tests.payments.gateways.stripe_till import StripeTill
from tests.payments.gateways.tills import ClosableGateway, Till
from tests.stand_ins import StandIns, stand_ins

TILLS: tuple[Till, ...] = (StripeTill(), RazorpayTill())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as there:
        yield there


@pytest.fixture
def there(running: StandIns) -> StandIns:
    """The stand-ins, well-behaved."""
    running.behaviour.change({})
    return running


@pytest.fixture(params=TILLS, ids=[till.name for till in TILLS])
def till(request: pytest.FixtureRequest, there: StandIns) -> Till:
    """A provider whose books are empty."""
    found: Till = request.param
    found.forget(there)
    return found


@pytest.fixture
def gateway(till: Till, there: StandIns) -> Iterator[ClosableGateway]:
    connected = till.connect(there.settings)
    yield connected
    connected.close()


@pytest.fixture
def practice(there: StandIns) -> Iterator[Practice]:
    """One that takes rupees, with a stand-in whose books are empty."""
    there.razorpay.forget()
    gateway = Razorpay(there.settings)
    yield Practice(gateway, there)
    gateway.close()


@pytest.fixture
def listening(there: StandIns) -> Iterator[Ears]:
    """Somebody whom the stand-ins tell of what happens."""
    with ears() as found:
        there.behaviour.change({"webhook_url": found.address})
        yield found
        there.behaviour.change({})


@pytest.fixture
def pounds(there: StandIns) -> Iterator[Stripe]:
    """A practice that takes pounds, and a stand-in with empty books."""
    there.stripe.forget()
    gateway = Stripe(there.settings)
    yield gateway
    gateway.close()
