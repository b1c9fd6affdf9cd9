"""Somebody pays in rupees, through the official client, at a stand-in with books of its own."""

from dataclasses import replace
from typing import Any

import pytest

from portal.payments.gateways import (
    NotConfigured,
    RefundState,
    Refused,
    SignatureInvalid,
    State,
    Unavailable,
)
from portal.payments.gateways.razorpay import NEEDS, Razorpay
from tests.payments.gateways.razorpay_payer import BAD, CARD
from tests.payments.gateways.razorpay_practice import (
    EMAIL,
    PHONE,
    Practice,
    rupees,
    second_answer_lost,
    wanted,
)


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


def test_an_order_whose_answer_was_lost_is_found_again(practice: Practice) -> None:
    asked = wanted()
    practice.misbehave(drop=0.5, seed=second_answer_lost())
    with pytest.raises(Unavailable):
        practice.gateway.start(asked)
    (made,) = practice.made("order")

    practice.misbehave()

    assert practice.gateway.start(asked).provider_id == made["id"]
    assert practice.made("order") == [made]


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
