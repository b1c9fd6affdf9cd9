"""A second opinion: the same adapter against the public fake `localstripe`, for what that one covers.

It knows no pages, no descriptions and no idempotency keys, and lets more go back than was paid.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from portal.core.money import Money
from portal.payments.gateways import RefundState, Refused, State, Unavailable, Wanted, WantedRefund
from portal.payments.gateways.stripe import Stripe
from portal.settings import Environment, Settings
from tests.stand_ins import free_port

pytestmark = pytest.mark.skipif(find_spec("localstripe") is None, reason="localstripe is not installed")
CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}
ASKS = "4000002500003155"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """It keeps what it has in the folder for temporary files, which is one of its own here."""
    folder: Path = tmp_path_factory.mktemp("localstripe")
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "localstripe", "--port", str(port), "--from-scratch"]
    with (folder / "log").open("w") as log:
        program = subprocess.Popen(command, cwd=folder, env={"TMPDIR": str(folder)}, stdout=log, stderr=log)
    try:
        yield _answering(f"http://127.0.0.1:{port}")
    finally:
        program.terminate()
        program.wait()


def _answering(address: str) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            requests.get(f"{address}/js.stripe.com/v3/", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return address
    pytest.fail("localstripe did not come up")


@pytest.fixture
def practice(address: str) -> Iterator[Stripe]:
    settings = Settings(env=Environment.TEST, stripe_base_url=address, stripe_secret_key="sk_test_12345")
    gateway = Stripe(settings)
    yield gateway
    gateway.close()


def started(practice: Stripe, minor: int = 45_00) -> str:
    wish = Wanted(key=uuid4(), money=Money(minor, "GBP"), reference="BK-2041", description="")
    return practice.start(wish).provider_id


def pay(practice: Stripe, intent_id: str, number: str = CARD["number"]) -> str:  # type: ignore[assignment]
    """What the payer's browser does."""
    card: Any = {"type": "card", "card": {**CARD, "number": number}}
    with practice._client() as client:
        method = client.v1.payment_methods.create(card)
        client.v1.payment_intents.update(intent_id, {"payment_method": method.id})
        return client.v1.payment_intents.confirm(intent_id).status


def refund(practice: Stripe, intent_id: str, minor: int) -> Any:
    return practice.refund(WantedRefund(uuid4(), intent_id, "", Money(minor, "GBP")))


def test_a_patient_pays_and_some_goes_back(practice: Stripe) -> None:
    intent_id = started(practice)
    assert practice.look(intent_id).state is State.OPEN

    assert pay(practice, intent_id) == "succeeded"
    found = practice.look(intent_id)
    given_back = refund(practice, intent_id, 20_00)

    assert (found.state, found.paid, found.refunded.minor) == (State.PAID, Money(45_00, "GBP"), 0)
    assert found.transaction_id == intent_id
    assert (given_back.state, given_back.money) == (RefundState.DONE, Money(20_00, "GBP"))
    assert practice.look_refund(given_back.provider_id) == given_back
    assert practice.look(intent_id).refunded == Money(20_00, "GBP")
    assert practice.cancel(intent_id).state is State.PAID


def test_a_card_that_asks_needs_its_owner(practice: Stripe) -> None:
    intent_id = started(practice)
    assert pay(practice, intent_id, ASKS) == "requires_action"
    assert practice.look(intent_id).state is State.NEEDS_ACTION


def test_a_payment_that_is_cancelled_is_over(practice: Stripe) -> None:
    intent_id = started(practice)
    assert practice.cancel(intent_id).state is State.CANCELLED
    assert practice.cancel(intent_id).state is State.CANCELLED


def test_what_it_does_not_know_is_refused(practice: Stripe) -> None:
    for ask in (practice.look, practice.look_refund, practice.cancel):
        with pytest.raises(Refused):
            ask("pi_unknown")


def test_a_wrong_key_is_something_to_repair(practice: Stripe) -> None:
    gateway = Stripe(replace(practice._settings, stripe_secret_key="pk_wrong"))
    with pytest.raises(Unavailable):
        started(gateway)
    gateway.close()
