"""Asking about everything that may still change, so that a webhook that never comes changes nothing."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.db import in_transaction
from portal.payments import following, inbox, refunding, settling
from portal.payments.gateways import Refused, Unavailable
from portal.payments.models import Payment
from portal.payments.practice import Practice

log = logging.getLogger(__name__)
T = TypeVar("T")

BATCH = 10


def reconcile(session: Session, practice: Practice, *, at: datetime) -> int:
    """Ask of a batch of payments that are due, in transactions of its own; how many there were.

    One that cannot be asked of now is asked of again when its lease has ended.
    """
    due = in_transaction(session, lambda: _claim_due(session, practice, at))
    return _each(due, lambda payment_id: settling.ask(session, practice, payment_id, at=at))


def send_refunds(session: Session, practice: Practice, *, at: datetime) -> int:
    """Send a batch of refunds that are due; how many there were."""
    claims = in_transaction(
        session, lambda: refunding.claim_due(session, limit=BATCH, at=at, lease=practice.lease)
    )
    return _each(claims, lambda claim: refunding.send(session, practice, claim, at=at))


def handle_webhooks(session: Session, practice: Practice, *, at: datetime) -> int:
    """Handle a batch of what providers told; how many there were."""
    claims = in_transaction(
        session, lambda: inbox.claim_due(session, limit=BATCH, at=at, lease=practice.lease)
    )
    return _each(claims, lambda claim: inbox.handle(session, practice, claim, at=at))


def follow_subscriptions(session: Session, practice: Practice, *, at: datetime) -> int:
    """Ask of a batch of subscriptions that are due; how many there were."""
    due = in_transaction(session, lambda: following.claim_due(session, practice, limit=BATCH, at=at))
    return _each(due, lambda subscription_id: following.ask(session, practice, subscription_id, at=at))


def _claim_due(session: Session, practice: Practice, at: datetime) -> Sequence[int]:
    """No two processes get the same."""
    due = (
        select(Payment.id)
        .where(Payment.due_at <= at)
        .order_by(Payment.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = update(Payment).where(Payment.id == due.c.id).values(due_at=at + practice.lease)
    found = session.scalars(taken.returning(Payment.id), execution_options={"synchronize_session": False})
    return found.all()


def _each(claims: Sequence[T], act: Callable[[T], object]) -> int:
    """Act on each, whatever befalls the others: what is not settled comes back when its lease ends."""
    for claim in claims:
        try:
            act(claim)
        except (Unavailable, Refused) as error:
            log.warning("money waits for its provider: %s", error, extra={"claim": str(claim)})
        except Exception:
            log.exception("money could not be settled", extra={"claim": str(claim)})
    return len(claims)
