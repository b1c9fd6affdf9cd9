"""What somebody buys that is no visit: an open payment, as for visits; `starting.begin` then asks its provider."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.money import Money
from portal.core.permissions import Actor
from portal.payments.models import Method, Payment, PaymentStatus
from portal.payments.practice import Practice
from portal.payments.starting import CHECKOUT, LEAST_LEFT, may_be


def order(
    session: Session,
    what: Mapping[str, Any],
    money: Money,
    *,
    practice: Practice,
    by: Actor,
    at: datetime,
    by_script: bool = False,
) -> Payment:
    """The open payment of this account for the same (`what` are columns of it), or a new one. Never commits."""
    still_open = Payment.status == PaymentStatus.PENDING, Payment.expires_at >= at + LEAST_LEFT
    same = {**what, "account_id": by.account_id, "amount_minor": money.minor, "currency": money.currency}
    for payment in session.scalars(select(Payment).where(*still_open).filter_by(**same)):
        if may_be(payment, by_script=by_script):
            return payment
    payment = Payment(
        **same,
        patient_id=by.patient_id,
        method=Method.ONLINE,
        provider=practice.provider_for(money.currency),
        status=PaymentStatus.PENDING,
        expires_at=at + CHECKOUT,
        due_at=at,
        created_at=at,
        updated_at=at,
    )
    session.add(payment)
    session.flush()
    return payment
