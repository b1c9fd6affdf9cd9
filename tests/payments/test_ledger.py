"""Who has what after each act."""

import pytest
from sqlalchemy.orm import Session

from portal.core.money import Money
from portal.payments import ledger, rules
from portal.payments.errors import InsufficientCredits, PaymentNotPossible, PayoutTooHigh
from portal.payments.models import Method, Purpose
from tests.cast import Cast
from tests.conftest import NOW
from tests.payments.paying import (
    FEE,
    TAXES,
    a_paid,
    a_paid_for_credits,
    a_payment,
    a_refund,
    bounce,
    check_the_ledger,
    earn,
    settle,
    standing,
)


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


def credits_of_ana(session: Session, cast: Cast) -> int:
    return ledger.credits_left(session, cast.ana.account_id or 0)


@pytest.mark.parametrize(
    ("method", "holder"),
    [(Method.ONLINE, "provider:STRIPE"), (Method.CASH, "cash:{}"), (Method.TERMINAL, "terminal:{}")],
)
def test_what_ana_pays_is_with_whoever_took_it(
    session: Session, cast: Cast, method: Method, holder: str
) -> None:
    payment = a_paid(session, cast, method=method)
    assert standing(session, payment) == {
        f"patient:{cast.patient.id}": -FEE,
        holder.format(cast.leeds.id): FEE,
    }


def test_what_ana_gets_back_is_hers_again(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    settle(session, a_refund(session, payment, 2000))
    assert standing(session, payment) == {f"patient:{cast.patient.id}": -4000, "provider:STRIPE": 4000}
    settle(session, a_refund(session, payment, 4000))
    assert standing(session, payment) == {}


def test_a_refund_that_comes_back_is_as_if_it_had_never_been(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    earn(session, cast, payment)
    before = standing(session, payment)
    bounce(session, settle(session, a_refund(session, payment, 2500)))
    assert standing(session, payment) == before


def test_a_refund_that_never_left_is_not_in_the_ledger(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    bounce(session, a_refund(session, payment, 2500))
    assert standing(session, payment)["provider:STRIPE"] == FEE


def test_nothing_can_be_recorded_as_refunded_that_is_not_recorded_as_paid(
    session: Session, cast: Cast
) -> None:
    payment = a_payment(session, cast, status="PAID", paid_at=NOW)
    with pytest.raises(PaymentNotPossible):
        settle(session, a_refund(session, payment, 1))


def test_once_the_visit_has_been_each_is_owed_a_part(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    earn(session, cast, payment)
    assert standing(session, payment) == {
        "provider:STRIPE": FEE,
        f"clinician:{cast.clinician.id}": -4500,
        "platform": -500,
        "tax": -1000,
    }
    assert ledger.owed_to(session, cast.clinician.id, "GBP") == Money(4500, "GBP")


def test_no_more_is_earned_than_ana_has_given(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    settle(session, a_refund(session, payment, 1))
    with pytest.raises(PaymentNotPossible):
        earn(session, cast, payment)
    earn(session, cast, payment, FEE - 1)
    with pytest.raises(PaymentNotPossible):
        earn(session, cast, payment, 1)


def test_a_refund_takes_from_earnings_only_what_nobody_else_has(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    earn(session, cast, payment, 2400)
    settle(session, a_refund(session, payment, 3600))
    assert ledger.owed_to(session, cast.clinician.id, "GBP").minor == 1800
    settle(session, a_refund(session, payment, 1200))
    assert standing(session, payment) == {
        "provider:STRIPE": 1200,
        f"clinician:{cast.clinician.id}": -900,
        "platform": -100,
        "tax": -200,
    }


def test_bo_is_paid_out_what_he_earned_and_no_more(session: Session, cast: Cast) -> None:
    earn(session, cast, a_paid(session, cast))
    for minor in (0, -1, 4501):
        with pytest.raises(PayoutTooHigh):
            ledger.record_payout(session, cast.clinician.id, Money(minor, "GBP"), at=NOW)
    ledger.record_payout(session, cast.clinician.id, Money(4500, "GBP"), at=NOW)
    check_the_ledger(session)
    assert ledger.owed_to(session, cast.clinician.id, "GBP") == Money(0, "GBP")
    assert ledger.balance(session, "bank", "GBP") == Money(-4500, "GBP")


def test_euros_do_not_pay_pounds(session: Session, cast: Cast) -> None:
    earn(session, cast, a_paid(session, cast))
    with pytest.raises(PayoutTooHigh):
        ledger.record_payout(session, cast.clinician.id, Money(1, "EUR"), at=NOW)


def test_what_is_refunded_after_the_payout_is_owed_by_bo(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    earn(session, cast, payment)
    ledger.record_payout(session, cast.clinician.id, Money(4500, "GBP"), at=NOW)
    settle(session, a_refund(session, payment, FEE))
    assert ledger.owed_to(session, cast.clinician.id, "GBP") == Money(-4500, "GBP")
    assert ledger.balances(session, ["platform", "tax", "provider:STRIPE"]) == {}


def test_a_subscription_is_earned_by_the_practice(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast, purpose=Purpose.SUBSCRIPTION)
    ledger.record_earned(session, payment, rules.split_fee(FEE, taxes=TAXES), clinician_id=None, at=NOW)
    assert standing(session, payment) == {"provider:STRIPE": FEE, "platform": -5000, "tax": -1000}


def test_credits_that_ana_buys_she_can_spend(session: Session, cast: Cast) -> None:
    a_paid_for_credits(session, cast, 10, 1000)
    payment = a_paid(session, cast, method=Method.CREDITS, credits=4, amount_minor=400)
    assert credits_of_ana(session, cast) == 6
    assert ledger.balance(session, "credits", "GBP") == Money(-600, "GBP")
    earn(session, cast, payment, 400)
    assert standing(session, payment)[f"clinician:{cast.clinician.id}"] == -300


def test_credits_that_are_not_there_cannot_be_spent(session: Session, cast: Cast) -> None:
    a_paid_for_credits(session, cast, 3, 300)
    with pytest.raises(InsufficientCredits):
        a_paid(session, cast, method=Method.CREDITS, credits=4, amount_minor=400)
    assert credits_of_ana(session, cast) == 3


def test_credits_that_come_back_can_be_spent_again(session: Session, cast: Cast) -> None:
    a_paid_for_credits(session, cast, 3, 300)
    payment = a_paid(session, cast, method=Method.CREDITS, credits=3, amount_minor=300)
    settle(session, a_refund(session, payment, 150))
    assert credits_of_ana(session, cast) == 1
    settle(session, a_refund(session, payment, 150))
    assert credits_of_ana(session, cast) == 3
    assert standing(session, payment) == {}


def test_money_for_credits_goes_back_with_the_credits(session: Session, cast: Cast) -> None:
    bought = a_paid_for_credits(session, cast, 10, 1000)
    settle(session, a_refund(session, bought, 250))
    assert credits_of_ana(session, cast) == 8
    settle(session, a_refund(session, bought, 750))
    assert credits_of_ana(session, cast) == 0
    assert standing(session, bought) == {}


def test_a_gift_of_credits_is_the_practices_own_cost(session: Session, cast: Cast) -> None:
    ledger.record_credits_given(session, cast.ana.account_id or 0, 1, worth=Money(100, "GBP"), at=NOW)
    payment = a_paid(session, cast, method=Method.CREDITS, credits=1, amount_minor=100)
    earn(session, cast, payment, 100)
    check_the_ledger(session)
    assert credits_of_ana(session, cast) == 0
    assert ledger.balances(session, ["credits", "platform"]) == {("platform", "GBP"): 100 - 8}
