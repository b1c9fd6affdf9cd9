"""The desk asks for rupees by a link that anybody may pay."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.core import clock
from portal.payments.gateways import SignatureInvalid, State, Unavailable
from portal.sandbox.razorpay_desk import signer
from tests.payments.gateways.razorpay_payer import CARD
from tests.payments.gateways.razorpay_practice import Practice, rupees, second_answer_lost, wanted


def test_a_link_whose_answer_was_lost_is_found_again(practice: Practice) -> None:
    asked = wanted()
    practice.misbehave(drop=0.5, seed=second_answer_lost())
    with pytest.raises(Unavailable):
        practice.gateway.create_link(asked)
    (made,) = practice.made("link")

    practice.misbehave()

    assert practice.gateway.create_link(asked).provider_id == made["id"]
    assert len(practice.made("link")) == 1


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
