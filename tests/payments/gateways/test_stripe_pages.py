"""Stripe's own page in the stand-in: for one payment, without script, and readable by any browser."""

from collections.abc import Iterator
from typing import Any

import html5lib
import pytest
import requests
import stripe

from tests.stand_ins import StandIns

PRICE: dict[str, Any] = {"currency": "gbp", "unit_amount": 45_00, "product_data": {"name": "A visit"}}
LINE: dict[str, Any] = {"quantity": 1, "price_data": PRICE}
SESSION: dict[str, Any] = {
    "mode": "payment",
    "line_items": [LINE],
    "success_url": "http://127.0.0.1:1/paid?session={CHECKOUT_SESSION_ID}",
    "cancel_url": "http://127.0.0.1:1/back",
}


@pytest.fixture
def client(there: StandIns) -> Iterator[Any]:
    """The official client, with the books empty."""
    there.stripe.forget()
    http = stripe.RequestsClient(timeout=5)
    address = {"api": there.settings.stripe_base_url}
    key = there.settings.stripe_secret_key
    yield stripe.StripeClient(key, base_addresses=address, max_network_retries=0, http_client=http).v1  # type: ignore[arg-type]
    http.close()  # type: ignore[no-untyped-call]


def test_a_page_belongs_to_its_payment_alone(client: Any, there: StandIns) -> None:
    session = client.checkout.sessions.create(SESSION)
    done = requests.post(session.url, data={"number": "5555555555554444"}, timeout=5, allow_redirects=False)
    assert done.headers["Location"] == f"http://127.0.0.1:1/paid?session={session.id}"
    found = client.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (found.status, found.payment_status, found.url) == ("complete", "paid", None)
    assert found.payment_intent.latest_charge.payment_method_details.card.brand == "mastercard"
    again = requests.post(session.url, data={"number": "4242424242424242"}, timeout=5, allow_redirects=False)
    assert again.status_code == 303
    assert len(there.stripe.store.ledger()) == 1
    with pytest.raises(stripe.InvalidRequestError):
        client.checkout.sessions.expire(session.id)


def test_the_payment_of_a_page_ends_with_the_page_only(client: Any) -> None:
    session = client.checkout.sessions.create(SESSION)
    requests.post(session.url, data={"number": "4000000000000002"}, timeout=5)
    intent_id = client.checkout.sessions.retrieve(session.id).payment_intent

    with pytest.raises(stripe.InvalidRequestError, match="Checkout"):
        client.payment_intents.cancel(intent_id)

    client.checkout.sessions.expire(session.id)
    assert client.payment_intents.retrieve(intent_id).status == "canceled"


def test_the_pages_are_proper_html_without_script_and_name_every_card(client: Any, there: StandIns) -> None:
    named = LINE | {"price_data": PRICE | {"product_data": {"name": "<script>x</script> & Dr Rao"}}}
    session = client.checkout.sessions.create(SESSION | {"line_items": [named]})
    page = requests.get(session.url, timeout=5).text
    asked = requests.post(session.url, data={"number": "4000002500003155"}, timeout=5).text
    client.checkout.sessions.expire(session.id)
    ended = requests.get(session.url, timeout=5)

    for html in (page, asked, ended.text):
        html5lib.HTMLParser(strict=True).parse(html)
        assert "<script" not in html
    assert "45.00 GBP" in page
    assert "Dr Rao" in page
    assert "http://127.0.0.1:1/back" in page
    assert "4000000000009995" in page
    assert ended.status_code == 410
    assert requests.get(f"{there.address}/stripe/pay/cs_unknown", timeout=5).status_code == 404
