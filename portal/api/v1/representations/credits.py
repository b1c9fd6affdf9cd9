"""Credits and how they came and went, as they go out."""

from datetime import datetime
from typing import Annotated

from flask_babel import gettext
from pydantic import Field

from portal.accounts.models import Account
from portal.api.v1.representations.base import Body, Id, Line, Listing, Shape, Upper
from portal.appointments.models import Status
from portal.payments.crediting import MOST_AT_ONCE, Balance, Kind, Transaction
from portal.payments.models import Payment


class CreditBalance(Shape):
    user_id: int
    balance: int
    updated_at: datetime | None = Field(description="When it last changed.")


class CreditTransaction(Shape):
    id: int
    user_id: int
    username: str
    transaction_type: Kind
    amount: int = Field(description="Never below zero: SPENT went, the others came; see change.")
    change: int = Field(description="The same with its sign: a balance is the sum of them.")
    description: str
    related_appointment_id: int | None
    created_at: datetime


class CreditQuery(Listing):
    transaction_type: Annotated[Kind, Upper] | None = None
    user_id: Id | None = Field(None, description="Somebody else's, for administrators.")


class CreditTransfer(Body):
    appointment_id: Id
    amount: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] | None = Field(
        None, description="How many credits the patient was shown."
    )
    idempotency_key: Line | None = Field(None, description="As the header Idempotency-Key.")


class CreditsTransferred(Shape):
    payment_id: int
    appointment_id: int
    appointment_status: Status
    amount: int
    new_balance: int


def credit_balance(account_id: int, found: Balance) -> CreditBalance:
    return CreditBalance(user_id=account_id, balance=found.count, updated_at=found.changed_at)


def credit_transaction(line: Transaction, account: Account) -> CreditTransaction:
    return CreditTransaction(
        id=line.id,
        user_id=account.id,
        username=account.username or account.full_name,
        transaction_type=line.kind,
        amount=abs(line.count),
        change=line.count,
        description=_description(line),
        related_appointment_id=line.visit.id if line.visit else None,
        created_at=line.at,
    )


def credits_transferred(payment: Payment, balance: int) -> CreditsTransferred:
    visit = payment.appointment
    if visit is None:
        raise AssertionError("credits pay visits only")
    return CreditsTransferred(
        payment_id=payment.id,
        appointment_id=visit.id,
        appointment_status=Status(visit.status),
        amount=payment.credits or 0,
        new_balance=balance,
    )


def _description(line: Transaction) -> str:
    words = {
        Kind.INITIAL: gettext("Initial free credit"),
        Kind.PURCHASED: gettext("Credits bought"),
        Kind.ADJUSTED: gettext("Correction"),
    }
    if line.visit is None:
        return str(words.get(line.kind, ""))
    said = {"service": line.visit.service.title, "clinician": line.visit.clinician.full_name}
    return str(gettext("%(service)s with %(clinician)s", **said))
