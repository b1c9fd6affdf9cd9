"""What is Stripe's own: cards that ask, pages that end, failures, and odd currencies."""

import json
import time
import traceback
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
import stripe

from portal.core import clock
from portal.core.money import Money
from portal.payments.gateways import (
    Declined,
    Refused,
    State,
    Unavailable,
)
from portal.payments.gateways.stripe import Stripe
from portal.payments.gateways.stripe_amounts import from_stripe, to_stripe
from portal.payments.gateways.stripe_errors import meaning
from tests.payments.gateways.ears import Ears, ears
from tests.payments.gateways.stripe_till import ASKS, GOOD, POOR, StripeTill, told, type_card, wanted
from tests.payments.gateways.tills import EMAIL, PHONE
from tests.stand_ins import StandIns

TILL = StripeTill()


def confirm(pounds: Stripe, intent_id: str, method: str) -> str:
    """What the payer's browser does with the client secret."""
    with pounds._client() as client:
        return client.v1.payment_intents.confirm(intent_id, {"payment_method": method}).status


def answer_the_bank(there: StandIns, page: str, answer: str) -> requests.Response:
    asked = type_card(page, ASKS)
    question = there.address + asked.headers["Location"]
    assert "Is it you?" in requests.get(question, timeout=5).text
    return requests.post(question, data={"answer": answer}, timeout=5, allow_redirects=False)


def test_one_key_asked_five_times_is_one_charge_in_the_stand_ins_books(
    pounds: Stripe, there: StandIns
) -> None:
    wish = wanted()
    for _ in range(5):
        type_card(pounds.open_page(wish).url, GOOD)

    assert there.stripe.store.asked()[str(wish.key)] == 5
    assert TILL.moved(there) == [45_00]


def test_a_patient_whose_bank_asks_confirms_and_comes_back_to_us(pounds: Stripe, there: StandIns) -> None:
    wish = wanted()
    page = pounds.open_page(wish)
    type_card(page.url, ASKS)
    assert pounds.look(page.provider_id).state is State.NEEDS_ACTION
    assert TILL.moved(there) == []

    done = answer_the_bank(there, page.url, "yes")

    assert (done.status_code, done.headers["Location"]) == (303, wish.back_url)
    assert pounds.look(page.provider_id).state is State.PAID
    assert TILL.moved(there) == [45_00]


def test_a_patient_who_refuses_the_banks_question_may_take_another_card(
    pounds: Stripe, there: StandIns
) -> None:
    page = pounds.open_page(wanted())

    refused = answer_the_bank(there, page.url, "no")

    assert "unable to authenticate" in refused.text
    found = pounds.look(page.provider_id)
    assert (found.state, found.paid.minor) == (State.OPEN, 0)
    assert "could not confirm" in found.failure
    type_card(page.url, GOOD)
    assert pounds.look(page.provider_id).state is State.PAID


def test_a_card_with_too_little_money_says_so(pounds: Stripe, there: StandIns) -> None:
    page = pounds.open_page(wanted())

    assert "insufficient funds" in type_card(page.url, POOR).text

    assert pounds.look(page.provider_id).failure == "There is not enough money on the card."
    assert TILL.moved(there) == []


def test_a_number_that_is_no_card_is_asked_for_again(pounds: Stripe, there: StandIns) -> None:
    page = pounds.open_page(wanted())
    assert type_card(page.url, "1234").status_code == 422
    assert pounds.look(page.provider_id).state is State.OPEN


def test_a_script_pays_with_the_client_secret(pounds: Stripe, there: StandIns) -> None:
    started = pounds.start(wanted())
    assert set(started.for_browser) == {"client_secret", "publishable_key"}
    with pytest.raises(Declined, match="declined"):
        confirm(pounds, started.provider_id, "pm_card_chargeDeclined")
    with pytest.raises(Declined, match="not enough money"):
        confirm(pounds, started.provider_id, "pm_card_chargeDeclinedInsufficientFunds")

    assert confirm(pounds, started.provider_id, "pm_card_visa") == "succeeded"

    found = pounds.look(started.provider_id)
    assert (found.state, found.transaction_id) == (State.PAID, started.provider_id)
    with pytest.raises(Refused):
        confirm(pounds, started.provider_id, "pm_card_visa")
    assert TILL.moved(there) == [45_00]
    assert len(told(there, "payment_intent.payment_failed")) == 2


def test_a_payment_whose_answer_was_lost_is_found_by_looking(pounds: Stripe, there: StandIns) -> None:
    started = pounds.start(wanted())
    there.behaviour.change({"of": "stripe", "drop": 1})
    with pytest.raises(Unavailable):
        confirm(pounds, started.provider_id, "pm_card_visa")

    there.behaviour.change({})
    assert pounds.look(started.provider_id).state is State.PAID


def test_a_closed_page_takes_no_card(pounds: Stripe, there: StandIns) -> None:
    page = pounds.open_page(wanted())
    pounds.cancel(page.provider_id)

    assert type_card(page.url, GOOD).status_code == 410
    assert TILL.moved(there) == []


def test_a_page_ends_by_itself_and_stripe_tells(
    pounds: Stripe, there: StandIns, listening: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = pounds.open_page(wanted())
    type_card(page.url, ASKS)
    later = int(time.time()) + 2 * 3600
    monkeypatch.setattr("portal.sandbox.stripe.checkout.now", lambda: later)

    assert pounds.look(page.provider_id).state is State.CANCELLED
    assert type_card(page.url, GOOD).status_code == 410
    assert there.stripe.webhooks.settle()
    read = [pounds.read_webhook(*letter) for letter in listening.heard]
    assert ("checkout.session.expired", page.provider_id) in [(one.name, one.provider_id) for one in read]


@pytest.mark.parametrize(
    ("ahead", "open_for"),
    [
        (timedelta(minutes=1), timedelta(minutes=31)),
        (timedelta(minutes=29), timedelta(minutes=59)),
        (timedelta(minutes=31), timedelta(minutes=31)),
        (timedelta(hours=23), timedelta(hours=23)),
        (timedelta(days=3), timedelta(hours=24)),
        (None, timedelta(hours=24)),
    ],
    ids=str,
)
def test_a_page_is_open_as_wished_within_stripes_limits(
    pounds: Stripe, ahead: timedelta | None, open_for: timedelta
) -> None:
    wish = wanted(expires_at=ahead and clock.now() + ahead)

    link = pounds.create_link(wish)

    assert link.expires_at
    assert abs(link.expires_at - clock.now() - open_for) < timedelta(seconds=5)
    assert pounds.create_link(wish).provider_id == link.provider_id, "asked again, it is the same page"


def test_a_page_whose_time_was_over_before_is_refused(pounds: Stripe) -> None:
    with pytest.raises(Refused):
        pounds.open_page(wanted(expires_at=clock.now() - timedelta(hours=1)))


def test_stripe_learns_no_more_of_a_patient_than_it_needs(pounds: Stripe, there: StandIns) -> None:
    page = pounds.open_page(wanted())
    session = there.stripe.store.get(page.provider_id, "checkout.session")
    type_card(page.url, GOOD)
    kept = json.dumps([session, *there.stripe.store.all("payment_intent")])

    assert PHONE not in kept
    assert session["client_reference_id"] == "BK-2041"
    assert told(there, "payment_intent.succeeded")[0]["data"]["object"]["metadata"] == {
        "reference": "BK-2041"
    }


def test_what_stripe_quotes_of_a_patient_goes_no_further(pounds: Stripe) -> None:
    unusable = EMAIL.replace("@", " at ")
    with pytest.raises(Refused, match="email_invalid") as refusal:
        pounds.open_page(wanted(email=unusable))

    logged = "".join(traceback.format_exception(refusal.value))
    assert unusable not in logged


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (stripe.APIConnectionError("x"), Unavailable),  # type: ignore[no-untyped-call]
        (stripe.APIError("in progress", http_status=409, code="idempotency_key_in_use"), Unavailable),
        (stripe.APIError("x", http_status=503), Unavailable),
        (stripe.AuthenticationError("x", http_status=401), Unavailable),
        (stripe.PermissionError("x", http_status=403), Unavailable),
        (stripe.RateLimitError("x", http_status=429), Unavailable),
        (stripe.IdempotencyError("x", http_status=400), Refused),
        (stripe.InvalidRequestError("x", "amount", http_status=400), Refused),  # type: ignore[no-untyped-call]
    ],
    ids=str,
)
def test_only_what_will_never_work_is_a_refusal(error: stripe.StripeError, kind: type[Exception]) -> None:
    assert type(meaning(error)) is kind


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (Money(45_00, "GBP"), 45_00),
        (Money(4500, "JPY"), 4500),
        (Money(4500, "KWD"), 4500),
        (Money(4500, "ISK"), 450000),
        (Money(4500, "UGX"), 450000),
    ],
    ids=str,
)
def test_stripe_counts_some_currencies_otherwise(money: Money, amount: int) -> None:
    assert to_stripe(money) == amount
    assert from_stripe(amount, money.currency.lower()) == money


def test_what_we_ask_follows_nobody_to_another_address(there: StandIns) -> None:
    with ears() as elsewhere, ears() as impostor:
        impostor.elsewhere = elsewhere.address
        gateway = Stripe(replace(there.settings, stripe_base_url=impostor.address.rstrip("/")))
        with pytest.raises(Unavailable):
            gateway.start(wanted(key=uuid.uuid4()))
        gateway.close()
        assert len(impostor.heard) == 1
        assert not elsewhere.heard
