"""Reading the outbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.notifications.models import Delivery


def recent(session: Session, limit: int = 100) -> Sequence[Delivery]:
    """The messages written last, newest first."""
    return session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(limit)).all()


def sent_since(session: Session, since: datetime) -> int:
    """How many messages were written since then."""
    return session.scalar(select(func.count()).where(Delivery.created_at >= since)) or 0
