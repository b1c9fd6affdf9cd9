"""What providers tell us: kept at once, answered fast, handled later, whatever the order and however often.

A webhook changes nothing by itself: it is a reason to ask the provider.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.core.db import in_transaction
from portal.payments import following, refunding, settling
from portal.payments.gateways import Provider, Refused, Told, Unavailable, Webhook
from portal.payments.models import Payment, WebhookEvent
from portal.payments.practice import Practice
from portal.payments.waits import next_attempt

OF_MONEY = {Told.PAYMENT, Told.LINK, Told.REFUND, Told.SUBSCRIPTION}
OTHER_MODE, NOT_OURS = "Of the other mode.", "About no payment of ours."


@dataclass(frozen=True)
class Claim:
    """An event of which one attempt is ours."""

    event_id: int
    attempt: int


def receive(
    session: Session,
    practice: Practice,
    provider: Provider,
    body: bytes,
    headers: Mapping[str, str],
    *,
    at: datetime,
) -> bool:
    """Keep a webhook that its provider has signed; False for one that was told before. Never commits.

    Raises SignatureInvalid. What is of the other mode, or of no interest to us, is kept and nothing more.
    """
    told = practice.gateways[provider].read_webhook(body, headers)
    is_other_mode = told.is_live != (provider in practice.live)
    is_waiting = told.about in OF_MONEY and not is_other_mode
    kept = insert(WebhookEvent).values(
        provider=provider,
        **_facts(told),
        body_hash=hashlib.sha256(body).hexdigest(),
        received_at=at,
        due_at=at,
        handled_at=None if is_waiting else at,
        error=OTHER_MODE if is_other_mode else "",
    )
    once = kept.on_conflict_do_nothing(index_elements=["provider", "event_id"])
    return session.scalar(once.returning(WebhookEvent.id)) is not None


def _facts(told: Webhook) -> dict[str, object]:
    return {
        "event_id": told.event_id,
        "name": told.name,
        "about": told.about,
        "provider_id": told.provider_id,
        "told_at": told.created_at,
    }


def claim_due(session: Session, *, limit: int, at: datetime, lease: timedelta) -> Sequence[Claim]:
    """Take up to so many events that are to be handled, those whose lease has ended included."""
    due = (
        select(WebhookEvent.id)
        .where(WebhookEvent.handled_at.is_(None), WebhookEvent.due_at <= at)
        .order_by(WebhookEvent.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = session.execute(
        update(WebhookEvent)
        .where(WebhookEvent.id == due.c.id)
        .values(due_at=at + lease, attempts=WebhookEvent.attempts + 1)
        .returning(WebhookEvent.id, WebhookEvent.attempts),
        execution_options={"synchronize_session": False},
    )
    return [Claim(*row) for row in taken]


def handle(session: Session, practice: Practice, claim: Claim, *, at: datetime) -> None:
    """Ask the provider about what the event is about, in transactions of its own."""
    event = in_transaction(session, lambda: session.get_one(WebhookEvent, claim.event_id))
    error = ""
    try:
        if not _ask(session, practice, event, at):
            error = NOT_OURS
    except Unavailable as trouble:
        again = {"due_at": next_attempt(claim.attempt, at), "error": str(trouble)}
        in_transaction(session, lambda: _settle(session, claim, again))
        return
    except Refused as refusal:
        error = str(refusal)
    done = {"handled_at": at, "error": error}
    in_transaction(session, lambda: _settle(session, claim, done))


def _ask(session: Session, practice: Practice, event: WebhookEvent, at: datetime) -> bool:
    """Ask about what the event is about; False where it is nothing of ours."""
    if not event.provider_id:
        return False
    if event.about == Told.SUBSCRIPTION:
        return following.hear(session, practice, Provider(event.provider), event.provider_id, at=at)
    payment_id = in_transaction(session, lambda: session.scalar(_payment_of(event)))
    if payment_id is None:
        return False
    settling.ask(session, practice, payment_id, at=at)
    if event.about == Told.REFUND:
        refunding.ask_of_payment(session, practice, payment_id, at=at)
    return True


def _payment_of(event: WebhookEvent) -> Select[int]:
    """By the provider's id of its page or order, or, once it is paid, of its transaction.

    An event that comes before that is known is of no payment of ours yet; `reconciling` asks of it all the same.
    """
    named = or_(Payment.provider_payment_id == event.provider_id, Payment.transaction_id == event.provider_id)
    return select(Payment.id).where(Payment.provider == event.provider, named)


def _settle(session: Session, claim: Claim, values: Mapping[str, object]) -> None:
    mine = WebhookEvent.id == claim.event_id, WebhookEvent.attempts == claim.attempt
    session.execute(update(WebhookEvent).where(*mine).values(values))
