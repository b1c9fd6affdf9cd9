"""Rupees go back, and never more of them than came."""

import uuid

import pytest

from portal.payments.gateways import (
    Refunded,
    RefundState,
    Refused,
    State,
    Unavailable,
)
from tests.payments.gateways.razorpay_payer import BAD
from tests.payments.gateways.razorpay_practice import (
    Practice,
    rupees,
    wanted,
)


def test_money_goes_back_in_parts_and_never_more_than_was_paid(practice: Practice) -> None:
    started = practice.paid(500)

    first = practice.refund(started, 200)
    assert (first.state, first.money) == (RefundState.DONE, rupees(200))
    with pytest.raises(Refused, match="amount"):
        practice.refund(started, 301)
    practice.refund(started, 300)
    with pytest.raises(Refused):
        practice.refund(started, 1)

    found = practice.gateway.look(started.provider_id)
    assert (found.state, found.paid, found.refunded) == (State.PAID, rupees(500), rupees(500))
    assert sum(refund["amount"] for refund in practice.made("refund")) == 50000


def test_a_refund_with_the_same_key_goes_back_once_even_if_its_answer_was_lost(practice: Practice) -> None:
    started, key = practice.paid(), uuid.uuid4()
    payment_id = practice.gateway.look(started.provider_id).transaction_id
    practice.misbehave(drop=1)
    with pytest.raises(Unavailable):
        practice.refund(started, 200, key=key, transaction_id=payment_id)
    practice.misbehave()

    again = practice.refund(started, 200, key=key, transaction_id=payment_id)

    assert [refund["id"] for refund in practice.made("refund")] == [again.provider_id]
    assert practice.gateway.look(started.provider_id).refunded == rupees(200)
    with pytest.raises(Refused):
        practice.refund(started, 300, key=key, transaction_id=payment_id)


def test_nothing_goes_back_where_nothing_was_paid(practice: Practice) -> None:
    started = practice.gateway.open_page(wanted())
    practice.payer.pay(started, vpa=BAD)

    with pytest.raises(Refused, match="Nothing was paid"):
        practice.refund(started, 100)
    with pytest.raises(Refused):
        practice.refund(started, 100, transaction_id=practice.made("payment")[0]["id"])


@pytest.mark.parametrize(
    ("fail", "state", "left"), [(False, RefundState.DONE, 200), (True, RefundState.FAILED, 0)]
)
def test_a_refund_that_takes_days_is_pending_until_razorpay_says_more(
    practice: Practice, fail: bool, state: RefundState, left: int
) -> None:
    started = practice.paid()
    practice.desk.plan = practice.desk.plan.changed({"refunds_wait": True})
    refund = practice.refund(started, 200)
    assert refund.state is RefundState.PENDING

    practice.desk.settle_refunds(fail=fail)

    assert practice.gateway.look_refund(refund.provider_id) == Refunded(
        refund.provider_id, state, rupees(200)
    )
    assert practice.gateway.look(started.provider_id).refunded == rupees(left)
