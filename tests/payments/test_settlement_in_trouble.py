"""Providers that fail, processes that die, and webhooks that come twice, lie or never come."""

import pytest
from sqlalchemy import select

from portal.appointments.models import Status
from portal.payments import inbox
from portal.payments.errors import BeingPrepared, RefundNotAllowed
from portal.payments.gateways import RefundState, SignatureInvalid, Unavailable
from portal.payments.models import PaymentStatus, WebhookEvent
from tests.payments.gateways.stripe_till import StripeTill
from tests.payments.settlement import FEE, Crash, Shop, at_the_till, event, paid, visit_of

STRIPE = StripeTill()


def test_no_more_goes_back_than_was_paid(shop: Shop) -> None:
    payment = paid(shop)
    shop.refund(FEE - 1000, payment)
    with pytest.raises(RefundNotAllowed):
        shop.refund(1001, payment)
    shop.run_jobs()
    assert shop.payments()[0].status == PaymentStatus.PARTIALLY_REFUNDED
    assert shop.held_by_provider() == sum(shop.till.moved(shop.there)) == 1000


def test_a_process_that_dies_after_the_provider_gave_back_gives_back_once(shop: Shop) -> None:
    payment = paid(shop)
    shop.refund(2500, payment)
    shop.doom(True)
    with pytest.raises(Crash):
        shop.run_jobs()
    assert sum(shop.till.moved(shop.there)) == FEE - 2500
    shop.run_out()
    assert shop.till.moved(shop.there) == [FEE, -2500]
    shop.check_at_the_end(by_hand=2500)


def test_a_process_that_dies_after_the_page_was_made_makes_no_second_one(shop: Shop) -> None:
    shop.hold()
    with pytest.raises(Crash):
        shop.open_page(dies=True)
    with pytest.raises(BeingPrepared):
        shop.open_page()
    shop.at += shop.practice.lease
    payment = shop.open_page()
    assert payment.provider_payment_id == shop.pages[-1].provider_id
    assert len(shop.payments()) == 1


def test_a_provider_that_fails_is_tried_again_with_the_same_payment(shop: Shop) -> None:
    shop.hold()
    shop.there.behaviour.change({"of": shop.till.name, "error": 1.0})
    with pytest.raises(Unavailable):
        shop.open_page()
    shop.there.behaviour.change({})
    shop.open_page()
    assert len(shop.payments()) == 1


def test_a_refund_waits_for_a_provider_that_fails(shop: Shop) -> None:
    payment = paid(shop)
    refund = shop.refund(FEE, payment)
    shop.there.behaviour.change({"of": shop.till.name, "error": 1.0})
    shop.run_jobs()
    shop.session.refresh(refund)
    assert (refund.status, bool(refund.failure)) == (RefundState.PENDING, True)
    shop.there.behaviour.change({})
    shop.run_out()
    assert shop.payments()[0].status == PaymentStatus.REFUNDED
    shop.check_at_the_end()


def test_without_webhooks_all_settles_the_same(shop: Shop) -> None:
    at_the_till(shop)
    shop.pay()
    shop.wait(minutes=1)
    shop.run_jobs()
    assert visit_of(shop.payments()[0]).status == Status.CONFIRMED


@pytest.mark.parametrize("till", [STRIPE], ids=["stripe"], indirect=True)
def test_a_webhook_told_often_has_one_effect(shop: Shop) -> None:
    payment = at_the_till(shop)
    shop.pay()
    body = event(shop, payment)
    headers = shop.till.sign(body, shop.till.secrets[0])
    assert [shop.tell(body, headers) for _ in range(5)] == [True, False, False, False, False]
    shop.run_jobs()
    assert shop.payments()[0].status == PaymentStatus.PAID
    assert shop.session.scalars(select(WebhookEvent)).one().handled_at is not None


@pytest.mark.parametrize("till", [STRIPE], ids=["stripe"], indirect=True)
def test_a_webhook_that_lies_changes_nothing(shop: Shop) -> None:
    payment = at_the_till(shop)
    body = event(shop, payment)
    shop.tell(body, shop.till.sign(body, shop.till.secrets[0]))
    shop.run_jobs()
    assert shop.payments()[0].status == PaymentStatus.PENDING
    with pytest.raises(SignatureInvalid):
        shop.tell(body + b" ", shop.till.sign(body, shop.till.secrets[0]))


@pytest.mark.parametrize("till", [STRIPE], ids=["stripe"], indirect=True)
@pytest.mark.parametrize(
    ("name", "is_live", "error"),
    [("charge.exotic", False, ""), ("checkout.session.completed", True, inbox.OTHER_MODE)],
)
def test_what_is_of_no_use_is_kept_and_nothing_more(shop: Shop, name: str, is_live: bool, error: str) -> None:
    payment = at_the_till(shop)
    body = event(shop, payment, name).replace(
        b'"livemode": false', f'"livemode": {str(is_live).lower()}'.encode()
    )
    assert shop.tell(body, shop.till.sign(body, shop.till.secrets[0]))
    kept = shop.session.scalars(select(WebhookEvent)).one()
    assert (kept.name, kept.error, kept.handled_at) == (name, error, shop.at)
