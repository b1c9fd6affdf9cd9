"""Staff give money back: how much and why, what it means, and then it is done; what was refused is tried again."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.payments import attention
from portal.payments.attention import Need
from portal.payments.gateways import RefundState
from portal.payments.models import Method, Payment, Refund
from portal.payments.rules import ANOTHER_AMOUNT
from tests.cast import Cast
from tests.conftest import NOW
from tests.payments.paying import a_paid, a_paid_for_credits, a_payment, a_refund, bounce, settle
from tests.web.helpers import errors_in
from tests.web.payments.conftest import BrowserOf

LIST = "/staff/payments/attention"


def address(payment: Payment) -> str:
    return f"/staff/payments/{payment.id}/refund"


def refunds_of(session: Session, payment: Payment) -> list[tuple[int, str]]:
    found = select(Refund.amount_minor, Refund.status).where(Refund.payment_id == payment.id)
    return [(minor, status) for minor, status in session.execute(found.order_by(Refund.id))]


def test_a_manager_gives_part_of_it_back_after_reading_what_that_means(
    maxs: FlaskClient, session: Session, cast: Cast, paid: Payment
) -> None:
    asked = maxs.get(address(paid)).text
    assert "Up to £60.00 can go back" in asked
    assert 'value="60.00"' in asked
    wanted = {"amount": "12.50", "reason": "The visit was short"}
    means = maxs.post(address(paid), data=wanted)
    assert means.status_code == 200
    for words in (
        "Give £12.50 back?",
        "£47.50 stays with the practice",
        "the way it was paid",
        "appointment stands",
    ):
        assert words in means.text, words
    assert refunds_of(session, paid) == []
    done = maxs.post(address(paid), data={**wanted, "sure": "yes"})
    assert (done.status_code, done.location) == (303, f"/staff/payments/{paid.id}")
    assert refunds_of(session, paid) == [(1250, "PENDING")]
    shown = maxs.get(f"/staff/payments/{paid.id}").text
    for words in (
        "£12.50 goes back.",
        "The visit was short",
        "It should arrive by Monday 9 March",
        "Refund on its way",
    ):
        assert words in shown, words
    [refund] = session.scalars(select(Refund))
    assert (refund.by_account_id, refund.reason) == (cast.max.account_id, "The visit was short")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"amount": "60.01", "reason": "x"}, "Up to £60.00 can go back."),
        ({"amount": "0", "reason": "x"}, "Up to £60.00 can go back."),
        ({"amount": "-5", "reason": "x"}, "Enter an amount that is not below zero"),
        ({"amount": "12.345", "reason": "x"}, "Enter an amount, like 45 or 45.50"),
        ({"amount": "", "reason": "x"}, "Enter an amount, like 45 or 45.50"),
        ({"amount": "10", "reason": " "}, "Say why, so that it can be understood later"),
    ],
)
def test_what_cannot_go_back_is_told_by_the_field_and_the_form_comes_back(
    maxs: FlaskClient,
    session: Session,
    paid: Payment,
    said: dict[str, str],
    words: str,
) -> None:
    for sure in ({}, {"sure": "yes"}):
        answer = maxs.post(address(paid), data={**said, **sure})
        assert answer.status_code == 422
        assert words in errors_in(answer)
        assert f'value="{said["amount"]}"' in answer.text
    assert refunds_of(session, paid) == []


def test_when_all_has_gone_back_there_is_no_way_to_give_more(
    maxs: FlaskClient, session: Session, paid: Payment
) -> None:
    settle(session, a_refund(session, paid, 6000))
    assert "Give money back" not in maxs.get(f"/staff/payments/{paid.id}").text
    assert maxs.get(address(paid)).status_code == 409
    late = maxs.post(address(paid), data={"amount": "1", "reason": "x", "sure": "yes"})
    assert late.status_code == 409


def test_only_those_who_run_the_practice_give_money_back(
    browser_of: BrowserOf, session: Session, cast: Cast, paid: Payment
) -> None:
    wanted = {"amount": "1", "reason": "x", "sure": "yes"}
    for who in (cast.fay, cast.cora, cast.mia, cast.bo, cast.ana):
        browser = browser_of(who)
        assert browser.get(address(paid)).status_code == 403
        assert browser.post(address(paid), data=wanted).status_code == 403
    assert "Give money back" not in browser_of(cast.fay).get(f"/staff/payments/{paid.id}").text
    assert refunds_of(session, paid) == []


def test_credits_that_were_bought_may_have_been_spent(
    maxs: FlaskClient, session: Session, cast: Cast
) -> None:
    bought = a_paid_for_credits(session, cast, 10, 1000)
    assert "Give money back" not in maxs.get(f"/staff/payments/{bought.id}").text
    assert maxs.get(address(bought)).status_code == 409


def test_cash_waits_at_the_desk_until_it_is_handed_over(
    maxs: FlaskClient, fays: FlaskClient, session: Session, cast: Cast
) -> None:
    cash = a_paid(session, cast, method=Method.CASH)
    wanted = {"amount": "20", "reason": "Overcharged"}
    assert "Hand £20.00 to Ana Silva" in maxs.post(address(cash), data=wanted).text
    maxs.post(address(cash), data={**wanted, "sure": "yes"})
    [refund] = session.scalars(select(Refund))
    assert "To hand over" in fays.get(LIST).text
    done = fays.post(f"/staff/refunds/{refund.id}/handing-over")
    assert (done.status_code, done.location) == (303, f"/staff/payments/{cash.id}")
    assert refunds_of(session, cash) == [(2000, "DONE")]
    assert "Nothing waits for you" in fays.get(LIST).text
    fays.post(f"/staff/refunds/{refund.id}/handing-over")
    assert refunds_of(session, cash) == [(2000, "DONE")]


def test_the_desk_of_another_centre_hands_nothing_over(
    browser_of: BrowserOf, session: Session, cast: Cast
) -> None:
    refund = a_refund(session, a_paid(session, cast, method=Method.CASH), 2000)
    zacks = browser_of(cast.zack)
    assert "Nothing waits for you" in zacks.get(LIST).text
    assert zacks.post(f"/staff/refunds/{refund.id}/handing-over").status_code == 403
    assert zacks.post("/staff/refunds/999999/handing-over").status_code == 404


def test_what_the_provider_refused_is_tried_again_once(
    maxs: FlaskClient, fays: FlaskClient, session: Session, paid: Payment
) -> None:
    refund = a_refund(session, paid, 1500, reason="Short", failure="Account closed")
    refund.status, refund.settled_at = RefundState.FAILED, NOW
    session.flush()
    listed = maxs.get(LIST).text
    for words in ("Refund refused", "£15.00", "The provider said: Account closed", "Try again"):
        assert words in listed, words
    assert "Try again" not in fays.get(LIST).text
    assert fays.post(f"/staff/refunds/{refund.id}/repetition").status_code == 403
    maxs.post(f"/staff/refunds/{refund.id}/repetition")
    assert refunds_of(session, paid) == [(1500, "FAILED"), (1500, "PENDING")]
    assert "Nothing waits for you" in maxs.get(LIST).text
    again = maxs.post(f"/staff/refunds/{refund.id}/repetition", follow_redirects=True)
    assert "Somebody has seen to this refund already." in again.text
    assert len(refunds_of(session, paid)) == 2


def with_refunds(session: Session, cast: Cast, *refunds: tuple[int, str], **changes: object) -> Payment:
    """A payment of £60 with refunds in these states."""
    payment = a_paid(session, cast, **changes)
    for minor, status in refunds:
        refund = a_refund(session, payment, minor)
        if status != "PENDING":
            settle(session, refund)
        if status == "FAILED":
            bounce(session, refund)
    return payment


def test_what_needs_somebody_is_the_same_in_sql_and_in_words(session: Session, cast: Cast) -> None:
    late = with_refunds(session, cast, (1000, "PENDING"))
    session.scalars(select(Refund)).one().created_at = NOW - timedelta(days=7, minutes=1)
    cases = {
        late: [Need.OVERDUE],
        with_refunds(session, cast, (1000, "PENDING")): [],
        with_refunds(session, cast, (1000, "FAILED")): [Need.REFUSED],
        with_refunds(session, cast, (1000, "FAILED"), (1000, "PENDING")): [],
        with_refunds(session, cast, (1000, "FAILED"), (1000, "FAILED")): [Need.REFUSED],
        with_refunds(session, cast, (1000, "FAILED"), (2000, "FAILED")): [Need.REFUSED] * 2,
        with_refunds(session, cast, (6000, "FAILED"), (1, "DONE")): [],
        with_refunds(session, cast, (1000, "PENDING"), method=Method.TERMINAL): [Need.TO_HAND_OVER],
        with_refunds(session, cast, (1000, "DONE"), method=Method.CASH): [],
        a_payment(session, cast, failure=ANOTHER_AMOUNT): [Need.ANOTHER_AMOUNT],
        a_payment(session, cast, failure="Declined"): [],
    }
    session.expire_all()
    found = attention.search(session, cast.max, at=NOW)
    assert {one.id for one in found.items} == {one.id for one, needs in cases.items() if needs}
    for payment, needs in cases.items():
        assert [task.need for task in attention.tasks_of(payment, NOW)] == needs
