"""Reading the outbox."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.notifications.models import Message


def recent(session: Session, limit: int = 100) -> Sequence[Message]:
    """The messages written last, newest first."""
    return session.scalars(select(Message).order_by(Message.id.desc()).limit(limit)).all()
