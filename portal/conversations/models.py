"""Conversations between two people, or between one person and the team of a centre."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Account
from portal.centres.models import Centre
from portal.core.db import Base


class Conversation(Base):
    """`account` on one side; on the other an account with a higher id, or the team of a centre.

    `read_by_account` and `read_by_other` are the ids of the last message that each side has read.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("account_id", "other_account_id"),
        UniqueConstraint("account_id", "centre_id"),
        CheckConstraint("(other_account_id IS NULL) <> (centre_id IS NULL)", name="one_other_side"),
        CheckConstraint("account_id < other_account_id", name="in_order"),
        Index("ix_conversation_other_account_id", "other_account_id"),
        Index("ix_conversation_centre_id", "centre_id"),
        # What waits for a team is counted on every page of its members.
        Index(
            "ix_conversation_new_to_team",
            "centre_id",
            postgresql_where=text("last_message_id > read_by_other"),
        ),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    other_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    read_by_account: Mapped[int] = mapped_column(default=0, server_default="0")
    read_by_other: Mapped[int] = mapped_column(default=0, server_default="0")
    last_message_id: Mapped[int] = mapped_column(default=0, server_default="0")
    last_message_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    account: Mapped[Account] = relationship(foreign_keys=[account_id])
    other_account: Mapped[Account | None] = relationship(foreign_keys=[other_account_id])
    centre: Mapped[Centre | None] = relationship()


class ConversationMessage(Base):
    """What somebody wrote; 1 to 5,000 characters, never changed."""

    __tablename__ = "conversation_message"
    __table_args__ = (
        CheckConstraint("char_length(content) BETWEEN 1 AND 5000", name="content_length"),
        Index("ix_conversation_message_conversation_id", "conversation_id", "id"),
    )

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    sender_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    content: Mapped[str]
    created_at: Mapped[datetime]
    sender: Mapped[Account] = relationship()
