"""A write that carries an Idempotency-Key happens once, however often it is sent.

The key is claimed and its answer kept in the transaction of the change itself: either both are there or neither. Of
two that arrive at once, the unique constraint makes the second wait for the first to end. Refusals change nothing,
so they are not kept, and the same request may be tried again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.accounts.errors import KeyUsedBefore
from portal.accounts.models import IdempotentAnswer

KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Answer:
    """The body is JSON, exactly as it was sent."""

    status: int
    body: str


def answer_to(
    session: Session, *, account_id: int, key: str, fingerprint: str, at: datetime
) -> Answer | None:
    """The kept answer to this request, if it was made before; raises KeyUsedBefore when the key came with another."""
    before = session.execute(
        select(IdempotentAnswer.fingerprint, IdempotentAnswer.status, IdempotentAnswer.body).where(
            IdempotentAnswer.account_id == account_id,
            IdempotentAnswer.key == key,
            IdempotentAnswer.created_at > at - KEPT_FOR,
        )
    ).one_or_none()
    if before is None:
        return None
    if before.fingerprint != fingerprint:
        raise KeyUsedBefore
    return Answer(before.status, before.body)


def claim(session: Session, *, account_id: int, key: str, fingerprint: str, at: datetime) -> Answer | None:
    """Take the key for this request; the kept answer if the same one was made before.

    Raises KeyUsedBefore when the key came with another request. Waits while the same key is being worked on.
    """
    session.execute(
        delete(IdempotentAnswer).where(
            IdempotentAnswer.account_id == account_id,
            IdempotentAnswer.key == key,
            IdempotentAnswer.created_at <= at - KEPT_FOR,
        )
    )
    new = insert(IdempotentAnswer).values(
        account_id=account_id, key=key, fingerprint=fingerprint, created_at=at
    )
    is_new = session.execute(new.on_conflict_do_nothing().returning(IdempotentAnswer.id)).first()
    if is_new:
        return None
    return answer_to(session, account_id=account_id, key=key, fingerprint=fingerprint, at=at)


def keep(session: Session, *, account_id: int, key: str, answer: Answer) -> None:
    """Keep the answer with its key."""
    session.execute(
        update(IdempotentAnswer)
        .where(IdempotentAnswer.account_id == account_id, IdempotentAnswer.key == key)
        .values(status=answer.status, body=answer.body)
    )


def forget_old_answers(session: Session, *, at: datetime) -> None:
    """Remove the answers of more than a day ago."""
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.created_at <= at - KEPT_FOR))
