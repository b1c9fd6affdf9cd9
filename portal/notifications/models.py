"""Deliveries: each message is first a row, written in the transaction of its cause. And what is shown in-app."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    false,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Channel(StrEnum):
    """The ways out of the house. What is shown in-app is a Notification."""

    WHATSAPP = "WHATSAPP"
    SMS = "SMS"
    EMAIL = "EMAIL"


class DeliveryStatus(StrEnum):
    """SENDING is leased to a jobs process. SKIPPED was not to be sent any more, MISSED could not be in time."""

    PENDING = "PENDING"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    MISSED = "MISSED"


OPEN = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)
UNDELIVERED = (DeliveryStatus.FAILED, DeliveryStatus.MISSED)


class Delivery(Base):
    """One message to one person over one channel, sent once.

    `key` is the idempotency key that providers get. News of an appointment carry its `version`; a reminder carries
    none, because an edited note raises the version too: it belongs to `starts_at` and `offset_minutes` before it.
    `round` counts what staff sent again. `due_at` is when it may be sent; while SENDING, when its lease ends.
    `reason` is a word for programs (see rules.Reason), `error` what the provider said. `code` is set for sign-in
    codes only. `is_urgent` ignores quiet hours and what people have chosen.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("channel IN ('SMS', 'WHATSAPP', 'EMAIL')", name="channel_known"),
        CheckConstraint(
            "status IN ('PENDING', 'SENDING', 'SENT', 'FAILED', 'SKIPPED', 'MISSED')", name="status_known"
        ),
        Index(
            "uq_delivery_once",
            *(
                "appointment_id",
                "version",
                "starts_at",
                "kind",
                "channel",
                "offset_minutes",
                "recipient",
                "round",
                "payment_id",
                "refund_id",
            ),
            unique=True,
            postgresql_where=sql("appointment_id IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "ix_delivery_due",
            "channel",
            "is_urgent",
            "due_at",
            postgresql_where=sql("status IN ('PENDING', 'SENDING')"),
        ),
        Index(
            "ix_delivery_undelivered",
            "id",
            postgresql_where=sql("status IN ('FAILED', 'MISSED') AND handled_at IS NULL"),
        ),
        Index("ix_delivery_created_at", "created_at"),
        Index("ix_delivery_appointment_id", "appointment_id"),
        Index("ix_delivery_patient_id", "patient_id"),
    )

    key: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4, server_default=func.gen_random_uuid())
    kind: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str] = mapped_column(default="", server_default="")
    text: Mapped[str]
    code: Mapped[str | None]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"))
    version: Mapped[int | None]
    starts_at: Mapped[datetime | None]
    offset_minutes: Mapped[int | None] = mapped_column(Integer)
    round: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    language: Mapped[str] = mapped_column(default="en", server_default="en")
    time_zone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")
    is_urgent: Mapped[bool] = mapped_column(default=False, server_default=false())
    status: Mapped[str] = mapped_column(default=DeliveryStatus.PENDING, server_default="PENDING")
    reason: Mapped[str] = mapped_column(default="", server_default="")
    error: Mapped[str] = mapped_column(default="", server_default="")
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    useful_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    provider_id: Mapped[str] = mapped_column(default="", server_default="")
    bundled_into_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"))
    sent_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    handled_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]


class Notification(Base):
    """What an account is told in-app. `related_id` is the appointment, or whatever the kind is about."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_account_id", "account_id", "id"),
        Index("ix_notification_unread", "account_id", postgresql_where=sql("read_at IS NULL")),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    kind: Mapped[str]
    title: Mapped[str]
    text: Mapped[str] = mapped_column(default="", server_default="")
    action: Mapped[str] = mapped_column(default="", server_default="")
    related_id: Mapped[int | None]
    read_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MessageTemplate(Base):
    """The practice's own words for a kind, channel and language, in place of ours.

    `provider_template` is the name under which WhatsApp has approved the text.
    """

    __tablename__ = "message_template"
    __table_args__ = (
        UniqueConstraint("kind", "channel", "language"),
        CheckConstraint("channel IN ('SMS', 'WHATSAPP', 'EMAIL')", name="channel_known"),
    )

    kind: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str] = mapped_column(default="", server_default="")
    body: Mapped[str]
    provider_template: Mapped[str] = mapped_column(default="", server_default="")
    updated_at: Mapped[datetime]
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Watermark(Base):
    """Up to when a job has looked: after downtime it goes on there."""

    __tablename__ = "watermark"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str]
    reached: Mapped[datetime]
