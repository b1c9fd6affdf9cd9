"""Stripe's webhooks: twice, backwards, late, stale, and what each is about."""

import json
import time
from datetime import UTC, datetime

import pytest
import requests

from portal.payments.gateways import (
    SignatureInvalid,
    Told,
)
from portal.payments.gateways.stripe import Stripe
from portal.sandbox.stripe.stand_in import signature
from tests.payments.gateways.ears import Ears
from tests.payments.gateways.stripe_till import GOOD, StripeTill, told, type_card, wanted
from tests.stand_ins import StandIns

TILL = StripeTill()

BILLED = {"type": "subscription_details", "subscription_details": {"subscription": "sub_1"}}


def test_webhooks_come_twice_and_backwards_and_are_still_told_apart(
    pounds: Stripe, there: StandIns, listening: Ears
) -> None:
    there.behaviour.change({"webhook_url": listening.address, "webhook_copies": 2, "webhook_batch": 4})
    page = pounds.open_page(wanted())
    assert not listening.heard

    type_card(page.url, GOOD)

    assert there.stripe.webhooks.settle()
    read = [pounds.read_webhook(*letter) for letter in listening.heard]
    assert [one.name for one in read[::2]] == [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]
    assert [one.event_id for one in read[::2]] == [one.event_id for one in read[1::2]]


def test_a_webhook_comes_late_and_again_until_it_is_taken(
    pounds: Stripe, there: StandIns, listening: Ears
) -> None:
    there.behaviour.change({"webhook_url": listening.address, "webhook_delay": 0.2})
    listening.deaf = 1
    begun = time.monotonic()
    started = pounds.start(wanted())

    assert there.stripe.webhooks.settle()

    assert time.monotonic() - begun >= 0.2
    first, second = (pounds.read_webhook(*letter) for letter in listening.heard)
    assert first == second
    assert (first.about, first.provider_id) == (Told.PAYMENT, started.provider_id)


def test_an_event_is_told_once_more_when_somebody_asks(
    pounds: Stripe, there: StandIns, listening: Ears
) -> None:
    pounds.start(wanted())
    event_id = str(told(there, "payment_intent.created")[0]["id"])

    assert requests.post(f"{there.address}/stripe/events/{event_id}/tell", timeout=5).ok

    assert there.stripe.webhooks.settle()
    assert [pounds.read_webhook(*letter).event_id for letter in listening.heard] == [event_id] * 2


def test_a_stale_webhook_is_not_believed(pounds: Stripe) -> None:
    body, secret = b'{"id":"evt_1","object":"event","type":"x","data":{"object":{}}}', TILL.secrets[0]
    now = int(time.time())
    signed = {"Stripe-Signature": signature(body, secret, at=now - 290)}
    assert pounds.read_webhook(body, signed).event_id == "evt_1"
    for at in (now - 310, now - 24 * 3600):
        with pytest.raises(SignatureInvalid):
            pounds.read_webhook(body, {"Stripe-Signature": signature(body, secret, at=at)})


@pytest.mark.parametrize(
    ("name", "thing", "about", "provider_id"),
    [
        ("payment_intent.succeeded", {"id": "pi_1"}, Told.PAYMENT, "pi_1"),
        ("checkout.session.completed", {"id": "cs_1", "metadata": {"kind": "page"}}, Told.PAYMENT, "cs_1"),
        ("checkout.session.expired", {"id": "cs_1", "metadata": {"kind": "link"}}, Told.LINK, "cs_1"),
        ("checkout.session.expired", {"id": "cs_1", "metadata": None}, Told.PAYMENT, "cs_1"),
        ("charge.refunded", {"id": "ch_1", "payment_intent": "pi_1"}, Told.REFUND, "pi_1"),
        ("refund.failed", {"id": "re_1", "payment_intent": None}, Told.REFUND, ""),
        ("customer.subscription.deleted", {"id": "sub_1"}, Told.SUBSCRIPTION, "sub_1"),
        ("invoice.paid", {"id": "in_1", "parent": BILLED}, Told.SUBSCRIPTION, "sub_1"),
        ("invoice.paid", {"id": "in_1", "parent": None}, Told.OTHER, ""),
        ("balance.available", {"object": "balance"}, Told.OTHER, ""),
        ("charge.dispute.created", {"id": "dp_1", "payment_intent": "pi_1"}, Told.OTHER, "dp_1"),
    ],
)
def test_each_webhook_says_what_it_is_about(
    pounds: Stripe, name: str, thing: dict[str, object], about: Told, provider_id: str
) -> None:
    event = {"id": "evt_1", "object": "event", "type": name, "created": 1_800_000_000, "livemode": True}
    body = json.dumps({**event, "data": {"object": thing}}).encode()

    read = pounds.read_webhook(body, TILL.sign(body, TILL.secrets[1]))

    assert (read.event_id, read.name, read.about, read.provider_id) == ("evt_1", name, about, provider_id)
    assert (read.is_live, read.created_at) == (True, datetime.fromtimestamp(1_800_000_000, UTC))
