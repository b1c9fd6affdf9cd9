"""What happens to money, in the past tense. Subscribers are wired in bootstrap.py."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class PaymentEvent:
    """It happened to that payment at the instant `at`."""

    payment_id: int
    at: datetime


class PaymentReceived(PaymentEvent):
    """It was paid, by whatever method; its receipt may not be written yet."""


class PaymentUnusable(PaymentEvent):
    """It was paid for a time that was gone, or that had been paid already; all of it goes back."""


@dataclass(frozen=True)
class RefundSettled(PaymentEvent):
    """Money has gone back."""

    refund_id: int


@dataclass(frozen=True)
class RefundFailed(PaymentEvent):
    """Money that was to go back could not: staff have to see to it."""

    refund_id: int


@dataclass(frozen=True)
class PaymentLinkWanted(PaymentEvent):
    """The page of a payment is to be sent to the patient."""


@dataclass(frozen=True)
class QuotationSent:
    """A client is to get it, with a link that carries the token: who has that may answer."""

    quotation_id: int
    token: str = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class QuotationDecided:
    """The client has accepted or declined it."""

    quotation_id: int
    at: datetime
