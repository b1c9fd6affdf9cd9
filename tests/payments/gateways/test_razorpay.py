"""Somebody pays in rupees, through the official client, at a stand-in with books of its own."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from portal.core import clock
from portal.payments.gateways import (
    NotConfigured,
    Refunded,
    RefundState,
    Refused,
    SignatureInvalid,
    State,
    Unavailable,
)
from portal.payments.gateways.razorpay import NEEDS, Razorpay
from portal.sandbox.razorpay_desk import signer
from tests.payments.gateways.razorpay_payer import BAD, CARD
from tests.payments.gateways.razorpay_practice import EMAIL, PHONE, Practice, rupees, wanted
from tests.stand_ins import StandIns, stand_ins


@pytest.fixture(scope="module")
def rupee_stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("razorpay")) as there:
        yield there


@pytest.fixture
def practice(rupee_stand_ins: StandIns) -> Iterator[Practice]:
    """With empty books, and a stand-in that behaves."""
    rupee_stand_ins.behaviour.change({})
    rupee_stand_ins.razorpay.forget()
    gateway = Razorpay(rupee_stand_ins.settings)
    yield Practice(gateway, rupee_stand_ins)
    gateway.close()


def test_a_patient_pays_on_razorpays_page_and_comes_back_with_its_signature(practice: Practice) -> None:
    started = practice.gateway.open_page(wanted())
    assert "INR 500.00" in practice.payer.open(started).text
    assert practice.gateway.look(started.provider_id).state is State.OPEN

    answer = practice.payer.bring_back(started)

    practice.gateway.check_answer(started.provider_id, answer)
    found = practice.gateway.look(started.provider_id)
    assert (found.state, found.paid, found.refunded) == (State.PAID, rupees(500), rupees(0))
    assert (found.transaction_id, found.method) == (answer["razorpay_payment_id"], "upi")


def test_a_patient_whose_bank_says_no_pays_by_card_instead(practice: Practice) -> None:
    started = practice.gateway.open_page(wanted())

    assert "declined by the bank" in practice.payer.pay(started, vpa=BAD).text
    declined = practice.gateway.look(started.provider_id)
    assert (declined.state, declined.paid.minor, declined.transaction_id) == (State.OPEN, 0, "")
    assert "declined" in declined.failure

    practice.payer.pay(started, card=CARD)
    found = practice.gateway.look(started.provider_id)
    assert (found.state, found.method, found.failure) == (State.PAID, "card", "")


def test_nobody_pays_the_same_visit_twice(practice: Practice) -> None:
    started = practice.paid()

    assert practice.payer.pay(started).status_code == 400
    assert practice.gateway.look(started.provider_id).paid == rupees(500)


def test_the_browser_gets_what_it_needs_and_no_secret(practice: Practice) -> None:
    started = practice.gateway.start(wanted())

    assert started.for_browser["key"] == practice.there.settings.razorpay_key_id
    assert started.for_browser["amount"] == "50000"
    assert started.for_browser["order_id"] == started.provider_id
    assert "secret" not in str(started)
    (order,) = practice.made("order")
    assert order["notes"] == {"reference": "BK-2041"}


def test_asking_again_with_the_same_key_makes_nothing_new(practice: Practice) -> None:
    first, other = wanted(), wanted()

    assert practice.gateway.start(first).provider_id == practice.gateway.start(first).provider_id
    assert practice.gateway.start(first).provider_id == practice.gateway.open_page(first).provider_id
    assert practice.gateway.start(other).provider_id != practice.gateway.start(first).provider_id
    assert len(practice.made("order")) == 2


def second_answer_lost() -> int:
    """A seed with which a stand-in that drops half its answers gives the first and loses the second."""

    def is_it(seed: int) -> bool:
        dice = Random(f"razorpay-{seed}")
        return dice.random() >= 0.5 > dice.random()

    return next(filter(is_it, range(1000)))


def test_an_order_whose_answer_was_lost_is_found_again(practice: Practice) -> None:
    asked = wanted()
    practice.misbehave(drop=0.5, seed=second_answer_lost())
    with pytest.raises(Unavailable):
        practice.gateway.start(asked)
    (made,) = practice.made("order")

    practice.misbehave()

    assert practice.gateway.start(asked).provider_id == made["id"]
    assert practice.made("order") == [made]


def test_a_link_whose_answer_was_lost_is_found_again(practice: Practice) -> None:
    asked = wanted()
    practice.misbehave(drop=0.5, seed=second_answer_lost())
    with pytest.raises(Unavailable):
        practice.gateway.create_link(asked)
    (made,) = practice.made("link")

    practice.misbehave()

    assert practice.gateway.create_link(asked).provider_id == made["id"]
    assert len(practice.made("link")) == 1


def test_a_key_does_not_come_back_with_another_amount(practice: Practice) -> None:
    asked = wanted()
    practice.gateway.start(asked)
    practice.gateway.create_link(asked)

    with pytest.raises(Refused, match="another amount"):
        practice.gateway.start(replace(asked, money=rupees(900)))
    with pytest.raises(Refused, match="another amount"):
        practice.gateway.create_link(replace(asked, money=rupees(900)))


def test_less_than_a_rupee_is_refused(practice: Practice) -> None:
    with pytest.raises(Refused, match="amount"):
        practice.gateway.start(wanted(0))
    assert not practice.made("order")


def test_a_forged_answer_is_not_believed(practice: Practice) -> None:
    started, other = practice.gateway.open_page(wanted()), practice.gateway.open_page(wanted(1))
    of_other = practice.payer.bring_back(other)
    practice.gateway.check_answer(other.provider_id, of_other)

    for forged in (
        of_other,  # true, but about a visit for one rupee
        of_other | {"razorpay_order_id": started.provider_id},
        of_other | {"razorpay_order_id": started.provider_id, "secret": "mine"},
        {"razorpay_order_id": started.provider_id},
        {"razorpay_order_id": started.provider_id, "razorpay_payment_id": "p", "razorpay_signature": "é"},
        {},
    ):
        with pytest.raises(SignatureInvalid):
            practice.gateway.check_answer(started.provider_id, forged)


def test_a_payer_of_a_link_cannot_choose_the_secret_that_signs(practice: Practice) -> None:
    link = practice.gateway.create_link(wanted())
    answer = practice.payer.bring_back_from_link(link.url)
    practice.gateway.check_answer(link.provider_id, answer)

    names = ("id", "reference_id", "status")
    said = "|".join([*(answer[f"razorpay_payment_link_{name}"] for name in names), "pay_invented"])
    signature = signer("mine")(said.encode(), "")["X-Razorpay-Signature"]
    invented = {"razorpay_payment_id": "pay_invented", "razorpay_signature": signature}

    for secret in ({}, {"secret": "mine"}):
        with pytest.raises(SignatureInvalid):
            practice.gateway.check_answer(link.provider_id, answer | invented | secret)


def test_a_payment_that_is_cancelled_is_over_and_whoever_pays_it_all_the_same_is_found(
    practice: Practice,
) -> None:
    """Razorpay cannot close an order: the money is seen, and can be given back."""
    started = practice.gateway.open_page(wanted())

    assert practice.gateway.cancel(started.provider_id).state is State.CANCELLED
    assert practice.gateway.cancel(started.provider_id).state is State.CANCELLED
    assert practice.made("order")[0]["notes"]["reference"] == "BK-2041"

    practice.payer.pay(started)
    assert practice.gateway.look(started.provider_id).state is State.PAID
    assert practice.refund(started, 500).state is RefundState.DONE


def test_a_payment_that_was_faster_than_the_cancellation_stays_paid(practice: Practice) -> None:
    started = practice.paid()

    assert practice.gateway.cancel(started.provider_id).state is State.PAID


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


def test_the_desk_makes_a_link_that_only_we_send_and_that_anybody_may_pay(practice: Practice) -> None:
    until = (clock.now() + timedelta(hours=24)).replace(microsecond=0)
    asked = wanted(expires_at=until)
    link = practice.gateway.create_link(asked)

    assert practice.gateway.create_link(asked) == link
    assert (link.state, link.expires_at, link.paid) == (State.OPEN, until, None)
    (made,) = practice.made("link")
    assert (made["notify"], made["reminder_enable"]) == ({"sms": False, "email": False}, False)

    practice.payer.pay_link(link.url)

    paid = practice.gateway.look_link(link.provider_id)
    assert (paid.state, paid.paid) == (State.PAID, rupees(500))
    assert practice.gateway.look(link.provider_id).transaction_id == practice.made("payment")[0]["id"]
    assert practice.gateway.cancel_link(link.provider_id).state is State.PAID


def test_the_money_of_a_link_goes_back_by_the_links_id(practice: Practice) -> None:
    link = practice.gateway.create_link(wanted())
    practice.payer.pay_link(link.url, card=CARD)
    found = practice.gateway.look(link.provider_id)
    assert (found.state, found.method) == (State.PAID, "card")

    practice.refund(replace(practice.gateway.start(wanted()), provider_id=link.provider_id), 500)

    assert practice.gateway.look(link.provider_id).refunded == rupees(500)


def test_a_cancelled_link_takes_no_money(practice: Practice) -> None:
    link = practice.gateway.create_link(wanted())

    assert practice.gateway.cancel(link.provider_id).state is State.CANCELLED
    assert practice.gateway.cancel_link(link.provider_id).state is State.CANCELLED
    assert practice.payer.pay_link(link.url).status_code == 400
    assert not practice.made("payment")


def test_a_link_ends_by_itself(practice: Practice) -> None:
    link = practice.gateway.create_link(wanted())
    practice.desk.plan = practice.desk.plan.changed({"ahead_seconds": 3601})

    assert practice.gateway.look_link(link.provider_id).state is State.CANCELLED
    assert practice.payer.pay_link(link.url).status_code == 400


@pytest.mark.parametrize(
    ("ahead", "least", "most"),
    [
        (timedelta(minutes=1), timedelta(minutes=15), timedelta(minutes=17)),
        (timedelta(days=400), timedelta(days=170), timedelta(days=183)),
    ],
    ids=["too soon", "too late"],
)
def test_a_link_ends_as_near_to_the_wish_as_razorpay_lets_it(
    practice: Practice, ahead: timedelta, least: timedelta, most: timedelta
) -> None:
    asked = wanted(expires_at=clock.now() + ahead)

    link = practice.gateway.create_link(asked)

    assert link.expires_at is not None
    assert least < link.expires_at - clock.now() < most
    assert practice.gateway.create_link(asked) == link


def test_a_payment_that_razorpay_does_not_know_is_refused(practice: Practice) -> None:
    for ask in (practice.gateway.look, practice.gateway.look_refund, practice.gateway.look_link):
        with pytest.raises(Refused):
            ask("order_00000000000000")


@pytest.mark.parametrize(
    "manners", [{"error": 1}, {"busy": 1}, {"drop": 1}, {"hang": 1, "hang_seconds": 9}], ids=str
)
def test_a_provider_in_trouble_says_neither_yes_nor_no(
    practice: Practice, manners: dict[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    started = practice.paid()
    practice.misbehave(**manners)

    with pytest.raises(Unavailable) as failure:
        practice.refund(started, 100, transaction_id=practice.made("payment")[0]["id"])

    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__ or failure.value.__context__ is None
    assert not any(word in str(failure.value) for word in ("secret", "http", EMAIL, PHONE))
    assert capsys.readouterr().out == ""


def test_a_wrong_key_is_something_to_repair_and_no_refusal(practice: Practice) -> None:
    gateway = Razorpay(replace(practice.there.settings, razorpay_key_secret="not-the-key"))

    with pytest.raises(Unavailable, match="keys"):
        gateway.start(wanted())


@pytest.mark.parametrize("path", ["/health", "/gallabox"])
def test_an_address_where_somebody_else_answers_is_noticed(practice: Practice, path: str) -> None:
    gateway = Razorpay(replace(practice.there.settings, razorpay_base_url=practice.there.address + path))

    with pytest.raises(Unavailable):
        gateway.start(wanted())


def test_without_keys_it_is_not_configured_and_says_what_is_missing(practice: Practice) -> None:
    for name in NEEDS:
        missing: dict[str, Any] = {name: ""}
        gateway = Razorpay(replace(practice.there.settings, **missing))
        with pytest.raises(NotConfigured, match=name.upper()):
            gateway.start(wanted())
        with pytest.raises(NotConfigured, match=name.upper()):
            gateway.look("order_1")


def test_a_refusal_does_not_name_the_patient(practice: Practice) -> None:
    with pytest.raises(Refused) as refusal:
        practice.gateway.create_link(wanted(phone="9000", email="rosa at example"))

    assert not any(word in f"{refusal.value!r}" for word in ("9000", "rosa", "secret"))
