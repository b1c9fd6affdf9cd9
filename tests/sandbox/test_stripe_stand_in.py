"""Stripe's stand-in is as strict as Stripe: what the official client may send, and what it gets for the rest."""

import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe

from tests.stand_ins import StandIns, stand_ins

KEY = "sk_test_stripe-secret-1"
INTENT: dict[str, Any] = {"amount": 45_00, "currency": "gbp"}
PRICE: dict[str, Any] = {"currency": "gbp", "unit_amount": 45_00, "product_data": {"name": "A visit"}}
LINE: dict[str, Any] = {"quantity": 1, "price_data": PRICE}
SESSION: dict[str, Any] = {
    "mode": "payment",
    "line_items": [LINE],
    "success_url": "http://127.0.0.1:1/paid?session={CHECKOUT_SESSION_ID}",
    "cancel_url": "http://127.0.0.1:1/back",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("stripe")) as there:
        yield there


@pytest.fixture
def there(running: StandIns) -> StandIns:
    running.behaviour.change({})
    running.stripe.forget()
    return running


@pytest.fixture
def client(there: StandIns) -> Iterator[Any]:
    """The official client, untyped, so that it may also send what it should not."""
    http = stripe.RequestsClient(timeout=5)
    address = {"api": f"{there.address}/stripe"}
    yield stripe.StripeClient(KEY, base_addresses=address, max_network_retries=0, http_client=http).v1  # type: ignore[arg-type]
    http.close()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"amuont": 1}, "parameter_unknown", "amuont"),
        ({"amount": ""}, "parameter_missing", "amount"),
        ({"amount": "45.00"}, "parameter_invalid_integer", "amount"),
        ({"amount": 29}, "amount_too_small", "amount"),
        ({"amount": 49, "currency": "usd"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"currency": "shells"}, None, "currency"),
        ({"confirm": "perhaps"}, None, "confirm"),
        ({"metadata": "seven"}, None, "metadata"),
        ({"metadata": {"k" * 41: "v"}}, None, "metadata"),
        ({"expand": "latest_charge"}, None, "expand"),
        ({"expand": ["surprise"]}, None, "expand"),
        (
            {"automatic_payment_methods": {"enabled": True, "x": 1}},
            "parameter_unknown",
            "automatic_payment_methods[x]",
        ),
        ({"automatic_payment_methods": {}, "capture_method": "manual"}, None, "capture_method"),
        ({"confirm": True, "payment_method": "pm_card_unheard_of"}, "resource_missing", "payment_method"),
    ],
    ids=str,
)
def test_what_stripe_would_not_take_is_refused_and_makes_nothing(
    client: Any, there: StandIns, changes: dict[str, Any], code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.payment_intents.create(INTENT | changes, {"idempotency_key": "k1"})

    assert (refusal.value.code, refusal.value.param) == (code, param)
    assert (
        client.payment_intents.create(INTENT, {"idempotency_key": "k1"}).status == "requires_payment_method"
    )


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"mode": "setup"}, "mode"),
        ({"mode": "subscription"}, "line_items"),
        (
            {"line_items": [{**LINE, "price_data": PRICE | {"recurring": {"interval": "month"}}}]},
            "line_items",
        ),
        ({"subscription_data": {"description": "x"}}, "subscription_data"),
        ({"success_url": ""}, "success_url"),
        ({"line_items": []}, "line_items"),
        ({"line_items": [{"price": "price_1", "quantity": 1}]}, "line_items"),
        (
            {"line_items": [LINE, {**LINE, "price_data": PRICE | {"currency": "eur"}}]},
            "line_items",
        ),
        ({"line_items": [{**LINE, "quantity": "two"}]}, "line_items[0][quantity]"),
        ({"expires_at": 1}, "expires_at"),
        ({"allow_promotion_codes": True}, "allow_promotion_codes"),
    ],
    ids=str,
)
def test_a_page_that_stripe_would_not_open_is_refused(
    client: Any, changes: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.checkout.sessions.create(SESSION | changes)
    assert refusal.value.param == param


def test_a_key_used_for_something_else_is_an_error(client: Any, there: StandIns) -> None:
    first = client.payment_intents.create(INTENT, {"idempotency_key": "k1"})
    assert client.payment_intents.create(INTENT, {"idempotency_key": "k1"}).id == first.id
    for other in (INTENT | {"amount": 46_00}, INTENT | {"metadata": {"a": "b"}}):
        with pytest.raises(stripe.IdempotencyError):
            client.payment_intents.create(other, {"idempotency_key": "k1"})
    assert len(there.stripe.store.all("payment_intent")) == 1


def test_a_decline_is_repeated_for_its_key(client: Any, there: StandIns) -> None:
    poor = INTENT | {"confirm": True, "payment_method": "pm_card_chargeDeclinedInsufficientFunds"}
    declines: list[Any] = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as decline:
            client.payment_intents.create(poor, {"idempotency_key": "k1"})
        declines.append(decline.value)
    first, again = (decline.json_body for decline in declines)
    assert first == again
    assert declines[0].code == "card_declined"
    assert first["error"]["decline_code"] == "insufficient_funds"
    assert len(there.stripe.store.all("charge")) == 1
    assert there.stripe.store.ledger() == []


def test_twenty_at_once_with_one_key_are_one_charge(there: StandIns) -> None:
    body = {"amount": "4500", "currency": "gbp", "confirm": "true", "payment_method": "pm_card_visa"}
    headers = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": "k1"}
    answers: list[str] = []

    def pay() -> None:
        url = f"{there.address}/stripe/v1/payment_intents"
        answers.append(requests.post(url, data=body, headers=headers, timeout=20).json()["id"])

    threads = [threading.Thread(target=pay) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 20
    assert len(set(answers)) == 1
    book = requests.get(f"{there.address}/stripe/book.json", timeout=5).json()
    assert ([entry["amount"] for entry in book["ledger"]], book["asked"]) == ([45_00], {"k1": 20})


def test_refunds_at_once_never_take_more_than_was_paid(client: Any, there: StandIns) -> None:
    paid = client.payment_intents.create(INTENT | {"confirm": True, "payment_method": "pm_card_visa"})
    headers = {"Authorization": f"Bearer {KEY}"}
    statuses: list[int] = []

    def refund() -> None:
        body = {"payment_intent": paid.id, "amount": "1000"}
        answer = requests.post(f"{there.address}/stripe/v1/refunds", data=body, headers=headers, timeout=20)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=refund) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] * 4 + [400] * 4
    assert sum(entry["amount"] for entry in there.stripe.store.ledger()) == 5_00


def test_refunds_are_of_the_charge_and_in_stripes_words(client: Any) -> None:
    paid = client.payment_intents.create(INTENT | {"confirm": True, "payment_method": "pm_card_visa"})
    refund = client.refunds.create({"charge": paid.latest_charge, "reason": "requested_by_customer"})
    assert (refund.amount, refund.status, refund.payment_intent) == (45_00, "succeeded", paid.id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.refunds.create({"payment_intent": paid.id})
    assert refusal.value.code == "charge_already_refunded"
    for said in (
        {},
        {"payment_intent": paid.id, "amount": 0},
        {"payment_intent": paid.id, "reason": "boredom"},
    ):
        with pytest.raises(stripe.InvalidRequestError):
            client.refunds.create(said)


def test_only_the_practices_own_key_is_let_in(there: StandIns) -> None:
    place = f"{there.address}/stripe/v1/events"
    assert requests.get(place, auth=(KEY, ""), timeout=5).ok
    assert requests.get(place, headers={"Authorization": f"Bearer {KEY}"}, timeout=5).ok
    for wrong in ({}, {"Authorization": "Bearer sk_test_other"}, {"Authorization": "Bearer "}):
        assert requests.get(place, headers=wrong, timeout=5).status_code == 401
    assert (
        requests.get(f"{place}x", auth=(KEY, ""), timeout=5).json()["error"]["type"]
        == "invalid_request_error"
    )


def test_events_are_listed_newest_first_and_one_by_one(client: Any) -> None:
    customer = client.customers.create({"email": "rosa@example.org", "name": "Rosa", "metadata": {"id": "7"}})
    intents = [client.payment_intents.create(INTENT | {"customer": customer.id}) for _ in range(3)]

    first = client.events.list({"type": "payment_intent.created", "limit": 2})
    rest = client.events.list({"type": "payment_intent.created", "starting_after": first.data[-1].id})

    found = [event.data.object.id for event in [*first.data, *rest.data]]
    assert found == [intent.id for intent in reversed(intents)]
    assert (first.has_more, rest.has_more) == (True, False)
    assert client.events.retrieve(first.data[0].id).data.object.id == intents[-1].id
    assert client.events.list({"type": "charge.refunded"}).data == []


def subscribed(client: Any) -> str:
    """The id of a subscription that somebody has paid for on the page."""
    monthly = {**LINE, "price_data": PRICE | {"recurring": {"interval": "month", "interval_count": 1}}}
    about = {"subscription_data": {"metadata": {"reference": "payment-7"}}}
    session = client.checkout.sessions.create(
        SESSION | about | {"mode": "subscription", "line_items": [monthly]}
    )
    requests.post(session.url, data={"number": "4242424242424242"}, timeout=5, allow_redirects=False)
    found = client.checkout.sessions.retrieve(session.id, {"expand": ["invoice.payments"]})
    assert (found.payment_status, found.payment_intent) == ("paid", None)
    assert found.invoice.payments.data[0].payment.payment_intent.startswith("pi_")
    return str(found.subscription)


def test_a_subscription_is_billed_each_month_until_it_is_to_end(client: Any, there: StandIns) -> None:
    made = client.subscriptions.retrieve(subscribed(client))
    assert (made.status, made.metadata["reference"]) == ("active", "payment-7")
    renewal = f"{there.address}/stripe/subscriptions/{made.id}/renewal"
    assert requests.post(renewal, timeout=5).ok
    bills = client.invoices.list(
        {"subscription": made.id, "status": "paid", "expand": ["data.payments"]}
    ).data
    assert [bill.billing_reason for bill in bills] == ["subscription_cycle", "subscription_create"]
    assert [entry["amount"] for entry in there.stripe.store.ledger()] == [45_00, 45_00]
    assert client.subscriptions.update(made.id, {"cancel_at_period_end": True}).cancel_at_period_end
    assert requests.post(renewal, timeout=5).json()["status"] == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        client.subscriptions.update(made.id, {"cancel_at_period_end": False})
    told = {event.type for event in client.events.list({"limit": 100}).data}
    assert {f"customer.subscription.{word}" for word in ("created", "updated", "deleted")} <= told


def test_a_bill_says_how_it_was_paid_only_when_asked(client: Any) -> None:
    (bill,) = client.invoices.list({"subscription": subscribed(client)}).data
    assert "payments" not in bill


def test_a_card_that_does_not_pay_leaves_it_past_due_until_another_does(client: Any, there: StandIns) -> None:
    subscription_id = subscribed(client)
    renewal = f"{there.address}/stripe/subscriptions/{subscription_id}/renewal"
    declined = requests.post(renewal, data={"number": "4000000000000002"}, timeout=5).json()
    assert (declined["status"], len(there.stripe.store.ledger())) == ("past_due", 1)
    paid = requests.post(renewal, data={"number": "4242424242424242"}, timeout=5).json()
    assert (paid["status"], len(there.stripe.store.ledger())) == ("active", 2)
    assert paid["items"] == declined["items"]


def test_its_books_are_in_a_file_that_outlives_it(client: Any, there: StandIns) -> None:
    client.payment_intents.create(INTENT | {"confirm": True, "payment_method": "pm_card_visa"})
    path = there.settings.instance_path / "sandbox-stripe.sqlite3"
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT amount, currency FROM stripe_ledger").fetchall()
    connection.close()
    assert rows == [(45_00, "GBP")]


@pytest.mark.parametrize(
    "said", [{"webhook_copies": 0}, {"webhook_batch": 1001}, {"webhook_delay": -1}], ids=str
)
def test_webhooks_are_not_sent_less_than_once_or_before_their_time(
    there: StandIns, said: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"counted|negative"):
        there.behaviour.change(said)
