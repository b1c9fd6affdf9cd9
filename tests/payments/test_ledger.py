"""Who has what after each act."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.money import Money
from portal.payments import ledger, rules
from portal.payments.errors import InsufficientCredits, PaymentNotPossible, PayoutTooHigh
from portal.payments.gateways import RefundState
from portal.payments.models import Method, Payment, Purpose, Refund
from portal.payments.rules import TaxRate
from tests.cast import Cast
from tests.conftest import NOW
from tests.payments.paying import (
    FEE,
    a_paid,
    a_paid_for_credits,
    a_payment,
    a_refund,
    bounce,
    check_the_ledger,
    settle,
)

TAXES = [TaxRate("VAT", 2000)]


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


def standing(session: Session, payment: Payment) -> dict[str, int]:
    """What each account got or gave through a payment, in its currency."""
    check_the_ledger(session)
    sums = ledger.balances_of_payment(session, payment.id)
    return {account: minor for (account, currency), minor in sums.items() if currency == payment.currency}


def earn(session: Session, cast: Cast, payment: Payment, minor: int = FEE) -> None:
    """Bo has seen Ana; the platform keeps a tenth."""
    split = rules.split_fee(minor, taxes=TAXES, platform_basis_points=1000)
    ledger.record_earned(session, payment, split, clinician_id=cast.clinician.id, at=NOW)


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


@dataclass
class Story:
    """A payment, and what should have become of it, kept apart from the ledger."""

    session: Session
    cast: Cast
    payment: Payment
    arrived: list[Refund] = field(default_factory=list)

    def refund(self, minor: int) -> None:
        paid = self.paid()
        if 0 < minor <= paid.left_minor:
            refund = a_refund(self.session, self.payment, minor)
            self.arrived.append(settle(self.session, refund))

    def earn(self, minor: int) -> None:
        try:
            earn(self.session, self.cast, self.payment, minor)
        except PaymentNotPossible:
            assert minor > self.given()

    def bounce(self, number: int) -> None:
        if self.arrived:
            bounce(self.session, self.arrived.pop(number % len(self.arrived)))

    def paid(self) -> rules.Paid:
        self.session.expire(self.payment, ["refunds"])
        return rules.paid_of(self.payment)

    def given(self) -> int:
        """What Ana has given and nobody has earned yet."""
        return -standing(self.session, self.payment).get(f"patient:{self.cast.patient.id}", 0)

    def check(self) -> None:
        """Whoever holds the money has what is due to all others, and the books say what the refunds say."""
        sums = standing(self.session, self.payment)
        paid = self.paid()
        holder = sums.pop(f"provider:{self.payment.provider}", 0) + sums.pop("credits", 0)
        assert holder == paid.minor - paid.returned_minor == -sum(sums.values())
        assert {refund.status for refund in self.arrived} <= {RefundState.DONE}
        credit = ledger.balances_of_payment(self.session, self.payment.id).get(
            (f"credits:{self.cast.ana.account_id}", "XCR"), 0
        )
        assert -(self.payment.credits or 0) <= credit <= 0
        if holder == 0:
            assert credit == 0


ACTS = st.lists(
    st.tuples(st.sampled_from(["refund", "earn", "bounce"]), st.integers(1, FEE)), min_size=1, max_size=8
)


@pytest.mark.parametrize("method", [Method.ONLINE, Method.CREDITS])
@hypothesis_settings(max_examples=25)
@given(acts=ACTS)
def test_in_whatever_order_things_happen_money_is_where_it_should_be(
    session: Session, method: Method, acts: list[tuple[str, int]]
) -> None:
    with session.begin_nested() as undone:
        cast = Cast(session)
        a_paid_for_credits(session, cast, 7, 700)
        by_credits = {"method": Method.CREDITS, "credits": 7} if method is Method.CREDITS else {}
        story = Story(session, cast, a_paid(session, cast, **by_credits))
        for name, number in acts:
            getattr(story, name)(number)
            story.check()
        undone.rollback()
    assert session.scalar(text("SELECT count(*) FROM ledger_entry")) == 0
