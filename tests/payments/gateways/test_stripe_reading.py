"""What Stripe's objects mean, also those that its stand-in never makes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from portal.core.money import Money
from portal.payments.gateways import RefundState, State
from portal.payments.gateways import stripe_reading as reading

INTENT: dict[str, Any] = {
    "id": "pi_1",
    "status": "succeeded",
    "amount": 45_00,
    "amount_received": 45_00,
    "currency": "gbp",
    "latest_charge": {"amount_refunded": 5_00, "payment_method_details": {"type": "card"}},
}
SESSION: dict[str, Any] = {
    "id": "cs_1",
    "status": "open",
    "currency": "gbp",
    "payment_intent": None,
    "expires_at": 1_800_000_000,
    "url": "https://checkout.stripe.com/c/pay/cs_1",
}
UNPAID = INTENT | {"status": "requires_payment_method", "amount_received": 0, "latest_charge": None}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("requires_payment_method", State.OPEN),
        ("requires_confirmation", State.OPEN),
        ("requires_action", State.NEEDS_ACTION),
        ("processing", State.PROCESSING),
        ("requires_capture", State.PROCESSING),
        ("succeeded", State.PAID),
        ("canceled", State.CANCELLED),
        ("a status of next year", State.OPEN),
    ],
)
def test_only_what_succeeded_is_paid(status: str, state: State) -> None:
    assert reading.found(INTENT | {"status": status}).state is state


def test_a_paid_intent_knows_what_went_back() -> None:
    found = reading.found(INTENT)
    assert (found.paid, found.refunded) == (Money(45_00, "GBP"), Money(5_00, "GBP"))
    assert (found.transaction_id, found.method) == ("pi_1", "card")


def test_a_charge_that_was_not_sent_along_is_no_error() -> None:
    assert reading.found(INTENT | {"latest_charge": "ch_1"}).refunded == Money(0, "GBP")


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, State.OPEN),
        ({"status": "expired"}, State.CANCELLED),
        ({"status": "complete"}, State.PROCESSING),
        ({"payment_intent": UNPAID}, State.OPEN),
        ({"payment_intent": UNPAID, "status": "expired"}, State.CANCELLED),
        ({"payment_intent": INTENT, "status": "complete"}, State.PAID),
        ({"payment_intent": INTENT, "status": "expired"}, State.PAID),
        ({"payment_intent": UNPAID | {"status": "processing"}, "status": "complete"}, State.PROCESSING),
    ],
    ids=str,
)
def test_a_page_is_as_its_payment_is_and_money_that_came_counts_whatever_else(
    changes: dict[str, Any], state: State
) -> None:
    session = SESSION | changes
    assert reading.found_on_page(session).state is reading.link(session).state is state
    assert reading.link(session).paid == (Money(45_00, "GBP") if state is State.PAID else None)
    assert reading.link(session).expires_at == datetime.fromtimestamp(1_800_000_000, UTC)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", RefundState.PENDING),
        ("requires_action", RefundState.PENDING),
        ("succeeded", RefundState.DONE),
        ("failed", RefundState.FAILED),
        ("canceled", RefundState.FAILED),
    ],
)
def test_a_refund_is_done_when_stripe_says_so(status: str, state: RefundState) -> None:
    refund = {"id": "re_1", "status": status, "amount": 5_00, "currency": "gbp"}
    assert reading.refunded(refund).state is state


def test_words_for_the_payer_do_not_tell_that_a_card_was_stolen() -> None:
    for code in ("stolen_card", "lost_card", "generic_decline", "a_code_of_next_year"):
        error = {"code": "card_declined", "decline_code": code}
        assert reading.found(UNPAID | {"last_payment_error": error}).failure == "The bank declined the card."
