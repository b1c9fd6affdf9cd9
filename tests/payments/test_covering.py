"""A subscription covers so many visits of each period: nothing is to be paid for them, and none is had twice."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.models import Appointment, Status
from portal.core.errors import NotFound
from portal.core.money import Money
from portal.payments import covering, ledger, starting, taking
from portal.payments.errors import AlreadyPaid, NotCovered, NoVisitsLeft
from portal.payments.models import Method, Payment, PaymentStatus, Purpose
from portal.payments.practice import practice_of
from portal.payments.queries import Standing, account_of, accounts_of
from portal.payments.subscription_models import CoveredVisit, Subscription, SubscriptionStatus
from portal.settings import Environment, LateCancellation, Settings
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_hold
from tests.payments.paying import a_paid, a_payment, a_subscription, a_visit, check_the_ledger

TOLD = Settings(env=Environment.TEST)


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def subscription(session: Session, cast: Cast) -> Subscription:
    """Of two visits."""
    return a_subscription(session, cast, visits=2)


def cover(session: Session, cast: Cast, visit: Appointment | None = None) -> Appointment:
    return covering.cover(session, visit or a_visit(session, cast), by=cast.ana, at=NOW)


def cancel(session: Session, visit: Appointment, cast: Cast, *, hours: int) -> None:
    """So many hours before it begins."""
    at = visit.starts_at - timedelta(hours=hours)
    appointments.cancel(session, visit, by=cast.ana, at=at, late=LateCancellation.NO_REFUND)


def test_a_covered_visit_has_nothing_to_pay(session: Session, cast: Cast, subscription: Subscription) -> None:
    visit, other = a_visit(session, cast), a_visit(session, cast)
    offered = covering.cover_for(session, visit, patient_id=cast.patient.id)
    assert offered is not None
    assert offered.left == 2
    cover(session, cast, visit)
    accounts = accounts_of(session, [visit, other])
    assert accounts[visit.id].standing is Standing.COVERED
    assert not accounts[visit.id].is_open
    assert accounts[other.id].standing is Standing.UNPAID
    assert covering.visits_left(session, subscription) == 1


def test_a_held_time_is_booked_when_it_is_covered(
    session: Session, cast: Cast, subscription: Subscription
) -> None:
    held = a_hold(session, cast.clinician, patient=cast.patient)
    cover(session, cast, held)
    assert held.status == Status.CONFIRMED
    assert account_of(session, held).standing is Standing.COVERED


def test_no_more_visits_than_the_period_has(session: Session, cast: Cast, subscription: Subscription) -> None:
    cover(session, cast)
    cover(session, cast)
    third = a_visit(session, cast)
    assert covering.cover_for(session, third, patient_id=cast.patient.id) is None
    with pytest.raises(NoVisitsLeft):
        cover(session, cast, third)


def test_cancelled_in_time_it_can_be_had_again_and_late_it_is_used_up(
    session: Session, cast: Cast, subscription: Subscription
) -> None:
    cancel(session, cover(session, cast), cast, hours=25)
    assert covering.visits_left(session, subscription) == 2
    late = cover(session, cast)
    cancel(session, late, cast, hours=2)
    assert covering.visits_left(session, subscription) == 1
    assert account_of(session, late).standing is Standing.COVERED


def test_what_the_practice_cancels_is_given_back(
    session: Session, cast: Cast, subscription: Subscription
) -> None:
    visit = cover(session, cast)
    at = visit.starts_at - timedelta(hours=1)
    appointments.cancel(session, visit, by=cast.fay, at=at, late=LateCancellation.NO_REFUND, reason="Ill")
    assert covering.visits_left(session, subscription) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"status": SubscriptionStatus.PAST_DUE},
        {"status": SubscriptionStatus.EXPIRED},
        {"status": SubscriptionStatus.PENDING, "starts_at": None, "ends_at": None},
        {"ends_at": NOW + timedelta(hours=1)},
        {"starts_at": NOW + timedelta(days=60), "ends_at": NOW + timedelta(days=90)},
    ],
    ids=str,
)
def test_only_a_period_that_is_paid_for_covers_and_only_what_takes_place_in_it(
    session: Session, cast: Cast, changes: dict[str, object]
) -> None:
    a_subscription(session, cast, **changes)
    visit = a_visit(session, cast)
    assert covering.cover_for(session, visit, patient_id=cast.patient.id) is None
    with pytest.raises(NotCovered):
        cover(session, cast, visit)


def test_a_subscription_covers_its_own_patient_only(
    session: Session, cast: Cast, subscription: Subscription
) -> None:
    visit = a_visit(session, cast)
    for other in (cast.zora, cast.fay, cast.bo):
        with pytest.raises(NotFound):
            covering.cover(session, visit, by=other, at=NOW)


def test_what_is_covered_is_not_paid_as_well(
    session: Session, cast: Cast, subscription: Subscription
) -> None:
    visit = cover(session, cast)
    with pytest.raises(AlreadyPaid):
        starting.open_payment(session, visit, practice=practice_of(TOLD), by=cast.ana, at=NOW)
    with pytest.raises(AlreadyPaid):
        taking.take(session, visit, method=Method.CASH, by=cast.fay, at=NOW)
    with pytest.raises(AlreadyPaid):
        cover(session, cast, visit)


def test_what_is_paid_is_not_covered_as_well(
    session: Session, cast: Cast, subscription: Subscription
) -> None:
    paid = a_paid(session, cast)
    with pytest.raises(AlreadyPaid):
        cover(session, cast, paid.appointment)


def test_a_page_that_was_open_is_closed(session: Session, cast: Cast, subscription: Subscription) -> None:
    page = a_payment(session, cast, expires_at=NOW + timedelta(minutes=30))
    cover(session, cast, page.appointment)
    assert (page.status, page.due_at) == (PaymentStatus.FAILED, NOW)


def test_moved_into_the_next_period_it_counts_there(
    session: Session, cast: Cast, subscription: Subscription
) -> None:
    visit = cover(session, cast)
    assert subscription.starts_at is not None
    subscription.starts_at, subscription.ends_at = visit.ends_at, visit.ends_at + timedelta(days=30)
    session.flush()
    assert covering.visits_left(session, subscription) == 2


def test_its_clinician_earns_a_part_of_the_periods_price(session: Session, cast: Cast) -> None:
    paid = a_paid(session, cast, purpose=Purpose.SUBSCRIPTION, amount_minor=12000)
    visit = cover(session, cast)
    appointments.complete(session, visit, by=cast.bo, at=visit.ends_at)
    check_the_ledger(session)
    assert ledger.owed_to(session, cast.clinician.id, "GBP") == Money(3000, "GBP")
    assert ledger.unearned(session, paid) == 9000
    assert session.scalars(select(Payment).where(Payment.appointment_id == visit.id)).all() == []


def test_a_visit_that_is_given_back_earns_nothing(session: Session, cast: Cast) -> None:
    a_paid(session, cast, purpose=Purpose.SUBSCRIPTION, amount_minor=12000)
    cancel(session, cover(session, cast), cast, hours=25)
    assert ledger.owed_to(session, cast.clinician.id, "GBP") == Money(0, "GBP")
    assert session.scalars(select(CoveredVisit.returned_at)).one() is not None
