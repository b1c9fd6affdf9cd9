"""How money moves: one contract, and the providers that fulfil it. The network is never called inside a transaction."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from portal.core.money import Money


class Provider(StrEnum):
    STRIPE = "STRIPE"
    RAZORPAY = "RAZORPAY"


class State(StrEnum):
    """What a provider says of a payment. OPEN may still be paid; NEEDS_ACTION waits for the payer's bank."""

    OPEN = "OPEN"
    NEEDS_ACTION = "NEEDS_ACTION"
    PROCESSING = "PROCESSING"
    PAID = "PAID"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class RefundState(StrEnum):
    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Wanted:
    """A payment to be made. `key` is the same at each attempt, so that a provider makes one; `reference` is our id.

    `expires_at` ends a hosted page; `back_url` and `cancel_url` are pages of ours that the payer returns to. What is
    paid again `every_months` is a subscription, where the provider renews them (see `subscriptions`); 0 is paid once.
    """

    key: uuid.UUID
    money: Money
    reference: str
    description: str
    expires_at: datetime | None = None
    back_url: str = ""
    cancel_url: str = ""
    email: str = ""
    phone: str = ""
    every_months: int = 0


@dataclass(frozen=True)
class Started:
    """A payment that the provider knows. `for_browser` holds what its script needs, and no secret of ours."""

    provider_id: str
    for_browser: Mapping[str, str] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True)
class Found:
    """What the provider's own books say of a payment at this moment."""

    provider_id: str
    state: State
    paid: Money
    refunded: Money
    transaction_id: str = ""
    method: str = ""
    failure: str = ""


@dataclass(frozen=True)
class WantedRefund:
    """Money to go back, all or part of a payment; `key` as for Wanted."""

    key: uuid.UUID
    provider_id: str
    transaction_id: str
    money: Money
    reason: str = ""


@dataclass(frozen=True)
class Refunded:
    provider_id: str
    state: RefundState
    money: Money


@dataclass(frozen=True)
class Link:
    """A page at the provider's where anybody who has the address may pay; `state` as of its payment."""

    provider_id: str
    url: str
    state: State
    expires_at: datetime | None
    paid: Money | None = None


class Told(StrEnum):
    """What a webhook is about; OTHER is answered and kept, and nothing more."""

    PAYMENT = "PAYMENT"
    REFUND = "REFUND"
    LINK = "LINK"
    SUBSCRIPTION = "SUBSCRIPTION"
    OTHER = "OTHER"


@dataclass(frozen=True)
class Webhook:
    """A message of the provider's that was proven to be its own. What it says is asked for again before it counts.

    `event_id` is the provider's, the same when it tells twice; `provider_id` the payment, link or subscription.
    """

    event_id: str
    name: str
    about: Told
    provider_id: str
    is_live: bool
    created_at: datetime | None


class Refused(Exception):
    """The provider will not do it, now or later: a refund above what was paid, a currency it does not know."""


class Declined(Refused):
    """The payer's bank said no; the text is fit for the payer."""


class NotConfigured(Refused):
    """The practice has given no keys for this provider."""


class SignatureInvalid(Exception):
    """It was not the provider who sent this, or it was sent too long ago."""


class Unavailable(Exception):
    """The provider could not be reached, was busy or failed. Whether it did what was asked is not known: ask it."""


class Gateway(Protocol):
    """A provider. Threads share it. Texts of its errors name no person and hold no secret."""

    provider: Provider

    def start(self, wanted: Wanted) -> Started:
        """Make a payment that a program or script completes (Stripe PaymentIntent, Razorpay order)."""
        ...

    def open_page(self, wanted: Wanted) -> Started:
        """Make a payment that is completed on the provider's own page at `url`."""
        ...

    def look(self, provider_id: str) -> Found:
        """Ask the provider for the payment; the only thing that is believed."""
        ...

    def check_answer(self, provider_id: str, answer: Mapping[str, str]) -> None:
        """Check what a browser brought back after paying; raises SignatureInvalid. What it says is then asked for."""
        ...

    def cancel(self, provider_id: str) -> Found:
        """Let nobody pay it any more; a payment that was faster stays paid, as the answer says."""
        ...

    def refund(self, wanted: WantedRefund) -> Refunded:
        """Give money back; the same key gives it back once."""
        ...

    def look_refund(self, refund_id: str) -> Refunded: ...

    def create_link(self, wanted: Wanted) -> Link: ...

    def look_link(self, link_id: str) -> Link: ...

    def cancel_link(self, link_id: str) -> Link: ...

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Webhook:
        """Raises SignatureInvalid for anything that the provider did not send, or sent too long ago."""
        ...
