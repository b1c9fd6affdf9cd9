"""A person's private feed: made, given a new address, ended."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.accounts.devices import hash_token
from portal.calendars.models import CalendarFeed

# Programs read every few minutes; the owner wants to know whether they do, not how often.
NOTED_EVERY = timedelta(hours=1)


def renew_feed(session: Session, account_id: int, *, at: datetime) -> str:
    """Make the account's feed, or give it a new address, which ends the old; returns the token, kept nowhere else."""
    token = secrets.token_urlsafe(32)
    facts = {"token_hash": hash_token(token), "created_at": at, "last_read_at": None}
    statement = insert(CalendarFeed).values(account_id=account_id, **facts)
    session.execute(statement.on_conflict_do_update(index_elements=["account_id"], set_=facts))
    return token


def end_feed(session: Session, account_id: int) -> None:
    """End the account's feed; none is no error."""
    session.execute(delete(CalendarFeed).where(CalendarFeed.account_id == account_id))


def is_due_for_note(last_read_at: datetime | None, at: datetime) -> bool:
    """Was the last reading noted long enough ago to note another?"""
    return last_read_at is None or last_read_at <= at - NOTED_EVERY


def note_reading(session: Session, feed_id: int, *, at: datetime) -> None:
    """Note that a program has read the feed."""
    session.execute(update(CalendarFeed).where(CalendarFeed.id == feed_id).values(last_read_at=at))
