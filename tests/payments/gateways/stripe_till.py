"""Somebody who pays on Stripe's pages, as a browser would; and what its stand-in wrote down."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests

from portal.payments.gateways import Started, Wanted
from portal.payments.gateways.stripe import Stripe
from portal.sandbox.stripe.stand_in import signature
from portal.settings import Settings
from tests.payments.gateways.tills import wanted as wanted_at
from tests.stand_ins import StandIns

GOOD, DECLINED, POOR, ASKS = "4242 4242 4242 4242", "4000000000000002", "4000000000009995", "4000002500003155"


class StripeTill:
    """Fulfils Till."""

    name = "stripe"
    currency = "GBP"
    address_setting = "stripe_base_url"
    key_settings: tuple[str, ...] = ("stripe_secret_key",)
    secret_setting = "stripe_webhook_secrets"
    secrets: tuple[str, ...] = ("whsec_stripe-secret-2", "whsec_stripe-secret-3")

    def connect(self, settings: Settings) -> Stripe:
        return Stripe(settings)

    def pay(self, there: StandIns, started: Started) -> None:
        assert type_card(started.url, GOOD).status_code == 303

    def be_declined(self, there: StandIns, started: Started) -> None:
        assert type_card(started.url, DECLINED).status_code == 422

    def pay_link(self, there: StandIns, url: str) -> None:
        type_card(url, GOOD)

    def moved(self, there: StandIns) -> list[int]:
        return [entry["amount"] for entry in there.stripe.store.ledger()]

    def answer_about(self, started: Started) -> Mapping[str, str]:
        return {"session_id": started.provider_id}

    def settle(self, there: StandIns) -> bool:
        return there.stripe.webhooks.settle()

    def forget(self, there: StandIns) -> None:
        there.stripe.forget()

    def sign(self, body: bytes, secret: str) -> Mapping[str, str]:
        return {"stripe-signature": signature(body, secret, at=int(time.time()))}


def type_card(page: str, number: str) -> requests.Response:
    """Fill in the page's form and send it."""
    fields = {"number": number, "expiry": "12/40", "cvc": "123"}
    return requests.post(page, data=fields, timeout=5, allow_redirects=False)


def wanted(**changes: object) -> Wanted:
    """A payment in pounds."""
    return replace(wanted_at(StripeTill()), **changes)  # type: ignore[arg-type]


def told(there: StandIns, name: str) -> list[dict[str, Any]]:
    """The events of that name, the newest first."""
    return [event for event in there.stripe.store.all("event") if event["type"] == name]
