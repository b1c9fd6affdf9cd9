"""Reading the outbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.notifications.models import Delivery, DeliveryStatus


def recent(session: Session, limit: int = 100) -> Sequence[Delivery]:
    """What was written last, newest first; without what was not to be sent any more."""
    goes_out = Delivery.status.not_in([DeliveryStatus.SKIPPED, DeliveryStatus.MISSED])
    return session.scalars(select(Delivery).where(goes_out).order_by(Delivery.id.desc()).limit(limit)).all()


def sent_since(session: Session, since: datetime) -> int:
    """How many messages were written since then."""
    return session.scalar(select(func.count()).where(Delivery.created_at >= since)) or 0
