"""Whatever happens to a payment, in whatever order, the money is where it should be."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.payments import ledger, rules
from portal.payments.errors import PaymentNotPossible
from portal.payments.gateways import RefundState
from portal.payments.models import Method, Payment, Refund
from tests.cast import Cast
from tests.payments.paying import (
    FEE,
    a_paid,
    a_paid_for_credits,
    a_refund,
    bounce,
    earn,
    settle,
    standing,
)


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
