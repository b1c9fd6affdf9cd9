"""What the contract suite needs to know of a provider: how people pay there, and what its own books say."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol

from portal.core import clock
from portal.core.money import Money
from portal.payments.gateways import Found, Gateway, Refunded, Started, Wanted, WantedRefund
from portal.settings import Settings
from tests.stand_ins import StandIns

SUM = 45_00
EMAIL, PHONE = "rosa@example.org", "+919000090000"


class ClosableGateway(Gateway, Protocol):
    def close(self) -> None: ...


class Till(Protocol):
    """One provider, with its stand-in. `name` is the stand-in's for POST /behaviour."""

    name: str
    currency: str
    address_setting: str
    key_settings: tuple[str, ...]
    secret_setting: str
    secrets: tuple[str, ...]

    def connect(self, settings: Settings) -> ClosableGateway: ...

    def pay(self, there: StandIns, started: Started) -> None:
        """Somebody pays on the page that `open_page` gave."""
        ...

    def be_declined(self, there: StandIns, started: Started) -> None:
        """Somebody tries to, and the bank says no."""
        ...

    def pay_link(self, there: StandIns, url: str) -> None:
        """Somebody tries to pay on a link's page, whether or not it is still open."""
        ...

    def moved(self, there: StandIns) -> list[int]:
        """What came in and, below zero, what went back, by the stand-in's own books, oldest first."""
        ...

    def answer_about(self, started: Started) -> Mapping[str, str]:
        """What a browser could bring back, about that payment."""
        ...

    def settle(self, there: StandIns) -> bool:
        """Wait until the provider has told all."""
        ...

    def forget(self, there: StandIns) -> None: ...

    def sign(self, body: bytes, secret: str) -> Mapping[str, str]:
        """The headers of a webhook, as that secret would sign it at this moment."""
        ...


def wanted(till: Till, minor: int = SUM, **changes: Any) -> Wanted:
    usual = Wanted(
        key=uuid.uuid4(),
        money=Money(minor, till.currency),
        reference="BK-2041",
        description="Visit with Dr Rao",
        expires_at=clock.now() + timedelta(hours=1),
        back_url="http://127.0.0.1:1/paid?visit=7",
        cancel_url="http://127.0.0.1:1/visit",
        email=EMAIL,
        phone=PHONE,
    )
    return replace(usual, **changes)


def paid(gateway: Gateway, till: Till, there: StandIns) -> Found:
    """A visit that somebody has paid on the provider's page."""
    started = gateway.open_page(wanted(till))
    till.pay(there, started)
    return gateway.look(started.provider_id)


def give_back(gateway: Gateway, found: Found, minor: int, key: uuid.UUID | None = None) -> Refunded:
    money = Money(minor, found.paid.currency)
    wish = WantedRefund(
        key or uuid.uuid4(), found.provider_id, found.transaction_id, money, "The visit was moved"
    )
    return gateway.refund(wish)
