"""What a client sends to pay, and what it gets to go on with."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from portal.api.v1.representations.base import Amount, Body, Id, Line, Shape, Upper, amount
from portal.appointments.models import Status
from portal.delivery import settings
from portal.payments import linking
from portal.payments.crediting import MOST_AT_ONCE
from portal.payments.gateways import Provider, Started
from portal.payments.models import Method, Payment, PaymentStatus, Purpose

Currency = Annotated[str, Upper, Field(pattern="^[A-Z]{3}$", max_length=3)]


class NewPayment(Body):
    """The server knows the price: `amount` and `currency` only say what the payer was shown."""

    purpose: Annotated[Purpose, Upper] = Purpose.APPOINTMENT
    method: Annotated[Literal[Method.ONLINE, Method.CASH, Method.TERMINAL], Upper] = Field(
        Method.ONLINE, description="CASH and TERMINAL: the desk has taken the fee of an appointment."
    )
    appointment_id: Id | None = Field(None, description="For purpose APPOINTMENT.")
    credits: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] | None = Field(
        None, description="How many are bought, for purpose CREDITS."
    )
    amount: Amount | None = None
    currency: Currency | None = None
    page: Annotated[bool, Field(description="Pay on the provider's own page, at the answer's url.")] = False
    idempotency_key: Line | None = Field(None, description="As the header Idempotency-Key.")


class StartedPayment(Shape):
    """What the provider's script needs or, with `page`, where its page is; nothing of what the desk has taken."""

    id: int
    provider: Provider | None
    client_secret: str | None = Field(description="Stripe's.")
    payment_intent_id: str | None
    publishable_key: str | None
    order_id: str | None = Field(description="Razorpay's.")
    razorpay_key_id: str | None
    url: str | None
    amount: float
    currency: str
    status: PaymentStatus
    expires_at: datetime | None


class Confirmation(Body):
    """What the browser brought back. It is no proof: the provider is asked."""

    payment_intent_id: Line | None = Field(None, description="Stripe's, of a payment without a page.")
    razorpay_order_id: Line | None = None
    razorpay_payment_id: Line | None = None
    razorpay_signature: Line | None = None
    idempotency_key: Line | None = Field(None, description="As the header Idempotency-Key.")

    def answer(self) -> dict[str, str]:
        """The same by the providers' names."""
        said = self.model_dump(by_alias=False, exclude_none=True, exclude={"idempotency_key"})
        return {"payment_intent" if name == "payment_intent_id" else name: one for name, one in said.items()}


class ConfirmedPayment(Shape):
    """REFUND_PENDING where the time was gone when the money came: all of it goes back."""

    id: int
    status: PaymentStatus
    appointment_id: int | None
    appointment_status: Status | None
    amount: float
    currency: str
    transaction_id: str
    paid_at: datetime | None
    credits_purchased: int | None
    new_balance: int | None = Field(description="Of credits, where some were bought.")


def started_payment(payment: Payment, started: Started) -> StartedPayment:
    said = started.for_browser
    is_stripe, is_page = payment.provider == Provider.STRIPE, payment.url != ""
    return StartedPayment(
        id=payment.id,
        provider=Provider(payment.provider) if payment.provider else None,
        client_secret=said.get("client_secret"),
        payment_intent_id=started.provider_id if is_stripe and not is_page else None,
        publishable_key=said.get("publishable_key"),
        order_id=None if is_stripe else started.provider_id or None,
        razorpay_key_id=said.get("key") or said.get("key_id"),
        url=_page(payment, started),
        amount=amount(payment.amount_minor, payment.currency),
        currency=payment.currency,
        status=PaymentStatus(payment.status),
        expires_at=payment.expires_at,
    )


def _page(payment: Payment, started: Started) -> str | None:
    """The provider's page or, where that wants a form, our own that leads there."""
    needs_form = started.url and started.for_browser
    return f"{settings().public_url}{linking.path(payment)}" if needs_form else started.url or None


def confirmed_payment(payment: Payment, balance: int | None) -> ConfirmedPayment:
    visit = payment.appointment
    return ConfirmedPayment(
        id=payment.id,
        status=PaymentStatus(payment.status),
        appointment_id=payment.appointment_id,
        appointment_status=Status(visit.status) if visit else None,
        amount=amount(payment.amount_minor, payment.currency),
        currency=payment.currency,
        transaction_id=payment.transaction_id,
        paid_at=payment.paid_at,
        credits_purchased=payment.credits if payment.purpose == Purpose.CREDITS else None,
        new_balance=balance,
    )
