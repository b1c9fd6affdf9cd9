"""Two visits at once for the last credit, or the last one that is covered: one of them gets it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core.errors import PortalError
from portal.payments import covering, crediting, policy
from portal.payments.errors import AlreadyPaid, InsufficientCredits, NoVisitsLeft
from portal.payments.policy import Policy
from tests.cast import Cast
from tests.concurrency.crowd import Act, Crowd
from tests.conftest import NOW
from tests.factories import a_clinician, an_appointment
from tests.payments.paying import a_paid_for_credits, a_subscription, a_visit

pytestmark = pytest.mark.concurrency
PRICE = 4500


@pytest.fixture(autouse=True)
def sold() -> Iterator[None]:
    before = policy.current()
    policy.configure(Policy(credit_price_minor=PRICE))
    yield
    policy.configure(before)


@pytest.fixture
def crowd(committed: Engine) -> Iterator[Crowd]:
    crowd = Crowd(committed)
    yield crowd
    sums = "SELECT 1 FROM ledger_entry GROUP BY transaction_key, currency HAVING sum(amount_minor) <> 0"
    assert crowd.count(sums) == 0


@pytest.fixture
def cast(crowd: Crowd) -> Cast:
    """Ana has one credit, and a subscription that covers one visit."""
    with Session(crowd.engine, expire_on_commit=False) as session:
        cast = Cast(session)
        for name in ("ana", "clinician", "leeds"):
            getattr(cast, name)  # named, they come into being
        a_paid_for_credits(session, cast, 1, PRICE)
        a_subscription(session, cast, visits=1)
        session.commit()
        return cast


@pytest.fixture
def visits(crowd: Crowd, cast: Cast) -> list[int]:
    """Ana's, with two clinicians, so that nothing but the credit is fought for."""
    with Session(crowd.engine, expire_on_commit=False) as session:
        other = a_clinician(session, cast.leeds, hours="Mon-Fri 18-20")
        made = [
            a_visit(session, cast),
            an_appointment(session, clinician=other, patient=cast.patient, by=cast.ana),
        ]
        session.commit()
        return [visit.id for visit in made]


def paying(cast: Cast, visit_id: int) -> Act:
    return lambda session: (
        crediting.pay(session, session.get_one(Appointment, visit_id), by=cast.ana, at=NOW).id
    )


def covered(cast: Cast, visit_id: int) -> Act:
    return lambda session: (
        covering.cover(session, session.get_one(Appointment, visit_id), by=cast.ana, at=NOW).id
    )


def refusals(results: list[object]) -> list[type]:
    return [type(result) for result in results if isinstance(result, PortalError)]


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_visits_for_the_last_credit_one_is_paid(
    crowd: Crowd, cast: Cast, visits: list[int], attempt: int
) -> None:
    results = crowd.at_once(*(paying(cast, visit_id) for visit_id in visits))
    assert refusals(results) == [InsufficientCredits]
    assert crowd.rows("SELECT sum(amount_minor) FROM ledger_entry WHERE account LIKE 'credits:%'") == [(0,)]


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_visits_for_the_last_covered_one_one_is_covered(
    crowd: Crowd, cast: Cast, visits: list[int], attempt: int
) -> None:
    results = crowd.at_once(*(covered(cast, visit_id) for visit_id in visits))
    assert refusals(results) == [NoVisitsLeft]
    assert crowd.count("SELECT 1 FROM covered_visit") == 1


def test_a_visit_that_is_paid_in_many_ways_at_once_is_settled_once(
    crowd: Crowd, cast: Cast, visits: list[int]
) -> None:
    acts = [paying(cast, visits[0]), covered(cast, visits[0])]
    results = crowd.at_once(*acts, *acts)
    assert refusals(results) == [AlreadyPaid] * 3


def test_pressing_many_times_at_once_spends_one_credit(crowd: Crowd, cast: Cast, visits: list[int]) -> None:
    results = crowd.at_once(*[paying(cast, visits[0])] * 4)
    assert len(refusals(results)) == 3
    assert crowd.count("SELECT 1 FROM payment WHERE method = 'CREDITS'") == 1
