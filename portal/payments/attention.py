"""Money that needs somebody: refunds that were refused, wait at the desk or do not arrive, and amounts that differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.pagination import Page, paginate
from portal.core.permissions import Actor
from portal.payments.gateways import RefundState
from portal.payments.models import ARRIVES_WITHIN, Payment, Refund
from portal.payments.queries import Filters, listed
from portal.payments.rules import ANOTHER_AMOUNT, paid_of
from portal.payments.taking import AT_A_CENTRE


class Need(StrEnum):
    """What somebody has to do: find out why, give it by hand, ask the provider, or compare with its books."""

    REFUSED = "REFUSED"
    TO_HAND_OVER = "TO_HAND_OVER"
    OVERDUE = "OVERDUE"
    ANOTHER_AMOUNT = "ANOTHER_AMOUNT"


@dataclass(frozen=True)
class Task:
    """One thing to see to; the refund that it is about, if it is about one."""

    need: Need
    refund: Refund | None = None


def search(session: Session, actor: Actor, *, at: datetime, page: int = 1) -> Page[Payment]:
    """A page of the payments that need somebody, the newest first; `tasks_of` says what each needs."""
    return paginate(session, listed(actor, Filters()).where(_needs_somebody(at)), page)


def tasks_of(payment: Payment, at: datetime) -> Iterator[Task]:
    """What there is to do about a payment, in order of its refunds."""
    if payment.paid_at is None and payment.failure == ANOTHER_AMOUNT:
        yield Task(Need.ANOTHER_AMOUNT)
    for refund in payment.refunds:
        need = _need_of(payment, refund, at)
        if need is not None:
            yield Task(need, refund)


def is_unanswered(payment: Payment, refund: Refund) -> bool:
    """Was it refused, without another of that amount since, while there is still so much left to give back?"""
    if refund.status != RefundState.FAILED or refund.amount_minor > paid_of(payment).left_minor:
        return False
    later = (one for one in payment.refunds if one.id > refund.id)
    return all(one.amount_minor != refund.amount_minor for one in later)


def _need_of(payment: Payment, refund: Refund, at: datetime) -> Need | None:
    if is_unanswered(payment, refund):
        return Need.REFUSED
    if refund.status != RefundState.PENDING:
        return None
    if payment.method in AT_A_CENTRE:
        return Need.TO_HAND_OVER
    return Need.OVERDUE if refund.expected_at < at else None


def _needs_somebody(at: datetime) -> ColumnElement[bool]:
    """The same in SQL."""
    differs = Payment.paid_at.is_(None) & (Payment.failure == ANOTHER_AMOUNT)
    waits = Payment.method.in_(AT_A_CENTRE) | (Refund.created_at < at - ARRIVES_WITHIN)
    own = Refund.payment_id == Payment.id
    pending = select(Refund.id).where(own, Refund.status == RefundState.PENDING, waits)
    return or_(differs, pending.correlate(Payment).exists(), _has_unanswered())


def _has_unanswered() -> ColumnElement[bool]:
    other, later = aliased(Refund), aliased(Refund)
    given = select(func.coalesce(func.sum(other.amount_minor), 0)).where(
        other.payment_id == Refund.payment_id, other.status != RefundState.FAILED
    )
    again = select(later.id).where(
        later.payment_id == Refund.payment_id,
        later.id > Refund.id,
        later.amount_minor == Refund.amount_minor,
    )
    refused = select(Refund.id).where(
        Refund.payment_id == Payment.id,
        Refund.status == RefundState.FAILED,
        ~again.correlate(Refund).exists(),
        Payment.amount_minor - given.correlate(Refund).scalar_subquery() >= Refund.amount_minor,
    )
    return refused.correlate(Payment).exists()
