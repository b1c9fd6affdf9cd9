"""The outbox: every message we send is first a row, written in the transaction of its cause."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Message(Base):
    """One message to one person over one channel. `code` is set for sign-in codes only."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("channel IN ('SMS', 'WHATSAPP', 'EMAIL')", name="channel_known"),
        Index("ix_message_created_at", "created_at"),
        Index("ix_message_appointment_id", "appointment_id"),
    )

    kind: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str] = mapped_column(default="", server_default="")
    text: Mapped[str]
    code: Mapped[str | None]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    created_at: Mapped[datetime]
