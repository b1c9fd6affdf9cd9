"""Credits come by gift, by buying and by what is returned; they pay visits, and nothing else makes or loses one."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.accounts.events import AccountSignedUp, PatientSignedUp
from portal.appointments import commands as appointments
from portal.appointments.models import Appointment, Status
from portal.core.errors import Invalid, NotFound
from portal.core.money import Money
from portal.core.permissions import Role
from portal.payments import crediting, ledger, policy, postings, refunding
from portal.payments.book_models import Receipt
from portal.payments.crediting import Kind
from portal.payments.errors import (
    AlreadyPaid,
    CreditsNotSold,
    CreditsNotTaken,
    InsufficientCredits,
    PaymentNotPossible,
)
from portal.payments.models import Method, PaymentStatus
from portal.payments.policy import Policy
from portal.payments.queries import Standing, account_of
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, a_hold, an_account
from tests.payments.paying import a_paid_for_credits, a_payment, a_visit, check_the_ledger

PRICE = 4500


@pytest.fixture(autouse=True)
def sold() -> Iterator[None]:
    before = policy.current()
    policy.configure(Policy(credit_price_minor=PRICE, credits_at_start=1))
    yield
    policy.configure(before)


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


def buy(session: Session, cast: Cast, count: int = 1) -> None:
    a_paid_for_credits(session, cast, count, count * PRICE)


def left(session: Session, cast: Cast) -> int:
    check_the_ledger(session)
    return ledger.credits_left(session, cast.ana.account_id or 0)


def kinds(session: Session, cast: Cast) -> list[Kind]:
    return [line.kind for line in crediting.transactions(session, cast.ana.account_id or 0).items]


def cancel(session: Session, visit: Appointment, cast: Cast, **when: Any) -> None:
    late = LateCancellation.NO_REFUND
    appointments.cancel(session, visit, by=cast.ana, at=when.get("at", NOW), late=late)


@pytest.mark.parametrize("event", [PatientSignedUp, AccountSignedUp])
def test_who_signs_up_begins_with_a_free_credit_and_only_one(session: Session, event: type) -> None:
    account = an_account(session, Role.PATIENT)
    facts = {"currency": "GBP", "time_zone": "Europe/London"} if event is AccountSignedUp else {}
    crediting.give_first(session, event(account.id, at=NOW, **facts))
    found = crediting.balance(session, account.id)
    assert (found.count, found.changed_at) == (1, NOW)
    assert ledger.balance(session, postings.SOLD_CREDITS, "GBP") == Money(-PRICE, "GBP")
    with pytest.raises(Exception, match="uq_ledger_entry_credits_at_start"):
        crediting.give_first(session, PatientSignedUp(account.id, NOW))


def test_a_practice_that_sells_none_gives_none_and_says_so(session: Session, cast: Cast) -> None:
    policy.configure(Policy())
    crediting.give_first(session, PatientSignedUp(cast.ana.account_id or 0, NOW))
    assert left(session, cast) == 0
    with pytest.raises(CreditsNotSold):
        crediting.pay(session, a_visit(session, cast), by=cast.ana, at=NOW)


def test_ana_pays_a_booked_visit_with_a_credit(session: Session, cast: Cast) -> None:
    buy(session, cast, 2)
    visit = a_visit(session, cast)
    payment = crediting.pay(session, visit, by=cast.ana, at=NOW, count=1)
    assert (payment.method, payment.status, payment.amount_minor) == (
        Method.CREDITS,
        PaymentStatus.PAID,
        PRICE,
    )
    assert left(session, cast) == 1
    assert account_of(session, visit).standing is Standing.PAID
    assert session.query(Receipt).one().issued_to == cast.patient.full_name
    assert kinds(session, cast) == [Kind.SPENT, Kind.PURCHASED]


def test_a_held_time_is_booked_by_paying_with_a_credit(session: Session, cast: Cast) -> None:
    buy(session, cast)
    held = a_hold(session, cast.clinician, patient=cast.patient)
    appointments.describe(session, held, description="A sore knee")
    crediting.pay(session, held, by=cast.ana, at=NOW)
    assert (held.status, held.description) == (Status.CONFIRMED, "A sore knee")


def test_credits_that_are_not_there_pay_nothing(session: Session, cast: Cast) -> None:
    visit = a_visit(session, cast)
    with pytest.raises(InsufficientCredits), session.begin_nested():
        crediting.pay(session, visit, by=cast.ana, at=NOW)
    assert account_of(session, visit).standing is Standing.UNPAID


def test_a_clinician_may_ask_for_more_than_one(session: Session, cast: Cast) -> None:
    buy(session, cast, 3)
    cast.clinician.credit_fee = 2
    visit = a_visit(session, cast)
    with pytest.raises(Invalid), session.begin_nested():
        crediting.pay(session, visit, by=cast.ana, at=NOW, count=1)
    assert crediting.pay(session, visit, by=cast.ana, at=NOW).amount_minor == 2 * PRICE
    assert left(session, cast) == 1


def test_nobody_pays_for_somebody_elses_visit_or_twice(session: Session, cast: Cast) -> None:
    buy(session, cast, 2)
    visit = a_visit(session, cast)
    for other in (cast.zora, cast.fay, cast.bo):
        with pytest.raises(NotFound):
            crediting.pay(session, visit, by=other, at=NOW)
    crediting.pay(session, visit, by=cast.ana, at=NOW)
    with pytest.raises(AlreadyPaid):
        crediting.pay(session, visit, by=cast.ana, at=NOW)
    assert left(session, cast) == 1


def test_a_visit_in_another_currency_cannot_be_paid_with_credits(session: Session, cast: Cast) -> None:
    buy(session, cast)
    abroad = a_clinician(session, a_centre(session, currency="EUR"))
    held = a_hold(session, abroad, patient=cast.patient)
    with pytest.raises(CreditsNotTaken):
        crediting.pay(session, held, by=cast.ana, at=NOW)


def test_an_open_page_for_the_same_visit_is_closed(session: Session, cast: Cast) -> None:
    buy(session, cast)
    page = a_payment(session, cast, expires_at=NOW + timedelta(minutes=30))
    assert page.appointment is not None
    crediting.pay(session, page.appointment, by=cast.ana, at=NOW)
    assert (page.status, page.due_at) == (PaymentStatus.FAILED, NOW)


def test_cancelled_in_time_the_credit_comes_back_and_late_it_does_not(session: Session, cast: Cast) -> None:
    buy(session, cast, 2)
    first = a_visit(session, cast)
    crediting.pay(session, first, by=cast.ana, at=NOW)
    cancel(session, first, cast)
    assert left(session, cast) == 2
    assert kinds(session, cast) == [Kind.REFUNDED, Kind.SPENT, Kind.PURCHASED]

    second = a_visit(session, cast)
    crediting.pay(session, second, by=cast.ana, at=NOW)
    cancel(session, second, cast, at=second.starts_at - timedelta(hours=2))
    assert left(session, cast) == 1


def test_what_credits_paid_is_earned_by_the_clinician_in_money(session: Session, cast: Cast) -> None:
    buy(session, cast)
    visit = a_visit(session, cast)
    payment = crediting.pay(session, visit, by=cast.ana, at=NOW)
    appointments.complete(session, visit, by=cast.bo, at=visit.ends_at)
    assert ledger.unearned(session, payment) == 0
    assert ledger.owed_to(session, cast.clinician.id, "GBP") == Money(PRICE, "GBP")


def test_bought_credits_are_not_taken_back(session: Session, cast: Cast) -> None:
    bought = a_paid_for_credits(session, cast, 1, PRICE)
    with pytest.raises(PaymentNotPossible):
        refunding.queue(session, bought.id, PRICE, reason="Sorry", by=cast.ada, at=NOW)


def test_the_list_is_filtered_and_names_the_visit(session: Session, cast: Cast) -> None:
    buy(session, cast, 3)
    visit = a_visit(session, cast)
    crediting.pay(session, visit, by=cast.ana, at=NOW)
    account_id = cast.ana.account_id or 0
    spent = crediting.transactions(session, account_id, kind=Kind.SPENT)
    assert [(line.count, line.visit) for line in spent.items] == [(-1, visit)]
    assert crediting.transactions(session, account_id, kind=Kind.INITIAL).total == 0


ACTS = st.lists(st.sampled_from(["give", "buy", "pay", "cancel"]), max_size=12)


@given(acts=ACTS)
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_the_balance_is_the_sum_of_its_lines_and_never_below_zero(
    session: Session, acts: list[str]
) -> None:
    with session.begin_nested() as savepoint:
        cast, visits = Cast(session), []
        for act in acts:
            if act == "give" and Kind.INITIAL not in kinds(session, cast):
                crediting.give_first(session, PatientSignedUp(cast.ana.account_id or 0, NOW))
            elif act == "buy":
                buy(session, cast)
            elif act == "pay" and left(session, cast):
                visits.append(a_visit(session, cast))
                crediting.pay(session, visits[-1], by=cast.ana, at=NOW)
            elif act == "cancel" and visits:
                cancel(session, visits.pop(), cast)
        lines = crediting.transactions(session, cast.ana.account_id or 0, limit=100).items
        assert sum(line.count for line in lines) == left(session, cast) >= 0
        savepoint.rollback()
