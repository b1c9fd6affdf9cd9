"""Payments and refunds as they go out, and what may be asked of them."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from portal.api.v1.representations.base import Amount, Body, Id, Line, Listing, Shape, Upper, amount
from portal.api.v1.representations.slots import Day
from portal.core import clock
from portal.core.permissions import Actor
from portal.payments import policy
from portal.payments.gateways import Provider, RefundState
from portal.payments.models import Method, Payment, PaymentStatus, Purpose, Refund
from portal.payments.queries import Account
from portal.payments.rules import paid_of

ALSO_PAID = {"SUCCEEDED", "COMPLETED", "CAPTURED"}


def _status(value: Any) -> Any:
    word = value.upper() if isinstance(value, str) else value
    return PaymentStatus.PAID if word in ALSO_PAID else word


AnyPaymentStatus = Annotated[PaymentStatus, BeforeValidator(_status)]
"""In any case; succeeded, completed and captured are PAID."""


class RefundShape(Shape):
    id: int
    amount: float
    status: RefundState
    reason: str
    by_name: str | None = Field(description="For staff.")
    estimated_refund_date: date | None = Field(description="While it is on its way.")
    created_at: datetime
    settled_at: datetime | None


class PaymentShape(Shape):
    id: int
    purpose: Purpose
    appointment_id: int | None
    subscription_id: int | None
    credits: int | None = Field(description="How many were bought or, by method CREDITS, spent.")
    clinician_name: str | None
    patient_id: int | None
    patient_name: str
    amount: float
    refunded_amount: float = Field(description="What has gone back.")
    currency: str
    status: PaymentStatus
    payment_method: str = Field(
        description="Such as CARD, UPI, CASH, TERMINAL, CREDITS; ONLINE until it is known."
    )
    provider: Provider | None
    transaction_id: str | None
    created_at: datetime
    paid_at: datetime | None


class PaymentDetail(PaymentShape):
    failure: str | None = Field(description="Why the last attempt came to nothing.")
    refunds: list[RefundShape]


class PaymentSummary(Shape):
    """How an appointment stands with its money, by the payment that says most."""

    payment_id: int
    status: PaymentStatus
    payment_method: str
    amount: float
    refunded_amount: float
    paid_at: datetime | None


class PaymentQuery(Listing):
    status: AnyPaymentStatus | None = None
    purpose: Annotated[Purpose, Upper] | None = None
    appointment_id: Id | None = None
    patient_id: Id | None = None
    start_date: Day | None = Field(
        None, description="Paid, or begun where it is not paid, on or after that day, in the practice's zone."
    )
    end_date: Day | None = Field(None, description="Included.")


class RefundWanted(Body):
    amount: Amount | None = Field(None, description="All that may go back unless given.")
    reason: Line = Field("", description="Needed from staff.")
    idempotency_key: Line | None = Field(None, description="As the header Idempotency-Key.")


class RefundQueued(Shape):
    id: int
    payment_id: int
    status: PaymentStatus = Field(description="That of the payment from now on.")
    refund_amount: float
    currency: str
    estimated_refund_date: date


def payment_shape(payment: Payment) -> PaymentShape:
    return PaymentShape(**_facts(payment))


def payment_detail(payment: Payment, actor: Actor) -> PaymentDetail:
    """The names of colleagues are for staff."""
    return PaymentDetail(
        **_facts(payment),
        failure=payment.failure or None,
        refunds=[_refund(refund, actor) for refund in payment.refunds],
    )


def payment_summary(account: Account) -> PaymentSummary | None:
    """None before anything was tried."""
    payment = account.settled or next(iter(account.payments), None)
    if payment is None:
        return None
    same = ("status", "payment_method", "amount", "refunded_amount", "paid_at")
    facts = _facts(payment)
    return PaymentSummary(payment_id=payment.id, **{name: facts[name] for name in same})


def refund_queued(refund: Refund) -> RefundQueued:
    payment = refund.payment
    return RefundQueued(
        id=refund.id,
        payment_id=payment.id,
        status=PaymentStatus(payment.status),
        refund_amount=amount(refund.amount_minor, payment.currency),
        currency=payment.currency,
        estimated_refund_date=_expected_on(refund),
    )


def payment_method(payment: Payment) -> str:
    """What the provider calls it; where there is none, or it is not known yet, our own word."""
    return (
        payment.instrument.upper()
        if payment.method == Method.ONLINE and payment.instrument
        else payment.method
    )


def _facts(payment: Payment) -> dict[str, Any]:
    visit = payment.appointment
    same = (
        "id",
        "purpose",
        "appointment_id",
        "subscription_id",
        "credits",
        "patient_id",
        "currency",
        "status",
    )
    return {
        **{name: getattr(payment, name) for name in (*same, "provider", "created_at", "paid_at")},
        "clinician_name": visit.clinician.full_name if visit else None,
        "patient_name": payment.payer_name,
        "amount": amount(payment.amount_minor, payment.currency),
        "refunded_amount": amount(paid_of(payment).returned_minor, payment.currency),
        "payment_method": payment_method(payment),
        "transaction_id": payment.transaction_id or None,
    }


def _refund(refund: Refund, actor: Actor) -> RefundShape:
    return RefundShape(
        id=refund.id,
        amount=amount(refund.amount_minor, refund.payment.currency),
        status=RefundState(refund.status),
        reason=refund.reason,
        by_name=refund.by_name if actor.is_staff else None,
        estimated_refund_date=_expected_on(refund) if refund.status == RefundState.PENDING else None,
        created_at=refund.created_at,
        settled_at=refund.settled_at,
    )


def _expected_on(refund: Refund) -> date:
    return clock.local_day(refund.expected_at, policy.current().zone)
