"""The private calendar feed of a person."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class CalendarFeed(Base):
    """An address that calendar programs read. Of its secret only the hash is kept; a new one ends the old."""

    __tablename__ = "calendar_feed"
    __table_args__ = (UniqueConstraint("account_id"), UniqueConstraint("token_hash"))

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    token_hash: Mapped[str]
    created_at: Mapped[datetime]
    last_read_at: Mapped[datetime | None]
