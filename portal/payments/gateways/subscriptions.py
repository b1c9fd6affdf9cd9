"""Providers that renew subscriptions by themselves: what they say of one, and how they are told that it ends."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from portal.core.money import Money
from portal.payments.gateways import Provider

RENEWING = frozenset({Provider.STRIPE})
"""Of the others each period is bought as any other payment."""


class SubscriptionState(StrEnum):
    """PENDING has not begun; PAST_DUE has a period for which no money has come."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    ENDED = "ENDED"


@dataclass(frozen=True)
class PaidPeriod:
    """One bill that was paid. `is_first` was paid on the page on which the subscription was begun."""

    provider_id: str
    paid: Money
    transaction_id: str
    is_first: bool


@dataclass(frozen=True)
class Subscribed:
    """What the provider's own books say of a subscription at this moment.

    [starts_at, ends_at) is the present period, `is_ending` that none follows, `is_billed` that its bill is paid.
    `reference` is that of the payment with which it was begun; `paid` are all its paid bills, the oldest first.
    """

    provider_id: str
    reference: str
    state: SubscriptionState
    starts_at: datetime
    ends_at: datetime
    is_ending: bool
    is_billed: bool
    paid: tuple[PaidPeriod, ...]


class Subscriptions(Protocol):
    """A provider that renews. It is begun on its page, by `open_page` with `every_months`."""

    def look_subscription(self, provider_id: str) -> Subscribed:
        """Ask for it by its own id, or by that of the page on which it was begun; raises Refused where none was."""
        ...

    def end_subscription(self, provider_id: str) -> Subscribed:
        """Let it end with the present period; one that ended already answers as it is."""
        ...
