"""Which provider takes whose money."""

from dataclasses import replace
from typing import Any

import pytest

from portal.payments.gateways import NotConfigured, Provider
from portal.payments.gateways.razorpay import NEEDS
from portal.payments.gateways.registry import configured, gateways, provider_for
from portal.settings import Settings

RUPEES = Settings(razorpay_key_id="rzp_test_1", razorpay_key_secret="s")


@pytest.mark.parametrize(
    ("currency", "forced", "provider"),
    [
        ("INR", None, Provider.RAZORPAY),
        ("GBP", None, Provider.STRIPE),
        ("USD", None, Provider.STRIPE),
        ("INR", Provider.STRIPE, Provider.STRIPE),
        ("GBP", Provider.RAZORPAY, Provider.RAZORPAY),
    ],
)
def test_rupees_go_through_razorpay_and_all_else_through_stripe(
    currency: str, forced: Provider | None, provider: Provider
) -> None:
    assert provider_for(currency, forced) is provider


def test_a_practice_sees_which_providers_have_all_their_keys() -> None:
    assert configured(Settings()) == frozenset()
    assert configured(RUPEES) == {Provider.RAZORPAY}
    assert configured(replace(RUPEES, stripe_secret_key="s")) == set(Provider)
    for name in NEEDS:
        missing: dict[str, Any] = {name: ""}
        assert not configured(replace(RUPEES, **missing))


def test_a_practice_without_keys_has_gateways_that_say_so() -> None:
    made = gateways(Settings())

    assert {provider: gateway.provider for provider, gateway in made.items()} == {p: p for p in Provider}
    for gateway in made.values():
        with pytest.raises(NotConfigured, match="KEY"):
            gateway.look("payment")
