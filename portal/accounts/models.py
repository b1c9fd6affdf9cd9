"""Accounts, the devices they are signed in on, and one-time codes."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from portal.core.db import Base
from portal.core.permissions import Role


class Audience(StrEnum):
    """A phone may belong to a patient account and to a staff account at once; a sign-in says which it means."""

    PATIENT = "PATIENT"
    STAFF = "STAFF"


ROLES = ", ".join(f"'{role}'" for role in Role)


class Account(Base):
    """A person who can sign in. Emails and usernames are kept in lower case, phones in E.164."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(f"role IN ({ROLES})", name="role_known"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("plan IN ('free', 'pro')", name="plan_known"),
        CheckConstraint("username = lower(username)", name="username_lower"),
        CheckConstraint(r"phone ~ '^\+[1-9][0-9]{6,14}$'", name="phone_e164"),
        CheckConstraint(
            "centre_id IS NOT NULL OR role NOT IN ('CENTRE_MANAGER', 'CARE_COORDINATOR', 'FRONT_DESK')",
            name="centre_staff_have_centre",
        ),
        UniqueConstraint("email"),
        UniqueConstraint("username"),
        Index("uq_account_patient_phone", "phone", unique=True, postgresql_where=text("role = 'PATIENT'")),
        Index("uq_account_staff_phone", "phone", unique=True, postgresql_where=text("role <> 'PATIENT'")),
        Index("ix_account_centre_id", "centre_id"),
    )

    role: Mapped[str]
    is_super_admin: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    username: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    title: Mapped[str] = mapped_column(default="", server_default="")
    full_name: Mapped[str]
    password_hash: Mapped[str | None]
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    email_verified_at: Mapped[datetime | None]
    phone_verified_at: Mapped[datetime | None]
    # Set for who signed up with an email address and a password, and not for whom somebody else vouches.
    signed_up_at: Mapped[datetime | None]
    plan: Mapped[str] = mapped_column(default="free", server_default="free")
    # News by mail, for those who work here; patients choose in their own record.
    wants_mail: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # No column: how much waits to be read, where whoever asks for the account asks for that in the same query.
    unread: Mapped[int | None] = query_expression()
    unread_messages: Mapped[int | None] = query_expression()
    # In the same way: the ids of its own records as a clinician and as a patient (portal.people.acting).
    own_records: Mapped[Any] = query_expression()

    @property
    def role_name(self) -> Role:
        return Role(self.role)

    @property
    def has_to_confirm_email(self) -> bool:
        """Did they sign up by themself, with an address that is not confirmed yet?"""
        return self.signed_up_at is not None and self.email_verified_at is None

    def change_email(self, address: str | None) -> None:
        """Another address has yet to be confirmed. Who signed up by themself stays in: a colleague vouches for it."""
        if address != self.email and self.signed_up_at is None:
            self.email_verified_at = None
        self.email = address

    @property
    def audience(self) -> Audience:
        return Audience.STAFF if self.role_name.is_staff else Audience.PATIENT


class DeviceKind(StrEnum):
    """A browser holds a cookie; a program that speaks the API holds a refresh token."""

    BROWSER = "BROWSER"
    API = "API"


class Device(Base):
    """Where somebody is signed in. Of the secret that proves it, only the hash is kept: a browser's token here, a
    program's refresh tokens in `refresh_token`."""

    __tablename__ = "device"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("kind IN ('BROWSER', 'API')", name="kind_known"),
        Index("ix_device_account_id", "account_id"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(default=DeviceKind.BROWSER, server_default=DeviceKind.BROWSER)
    token_hash: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)


class RefreshToken(Base):
    """One link of a device's chain of refresh tokens. Each is good once; one that comes back was stolen."""

    __tablename__ = "refresh_token"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_refresh_token_device_id", "device_id"),
        Index("ix_refresh_token_expires_at", "expires_at"),
    )

    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    token_hash: Mapped[str]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    device: Mapped[Device] = relationship(lazy="joined", innerjoin=True)


class OneTimeCode(Base):
    """A code sent to a phone: hashed, short-lived, used once, locked after five wrong tries."""

    __tablename__ = "one_time_code"
    __table_args__ = (
        CheckConstraint("audience IN ('PATIENT', 'STAFF')", name="audience_known"),
        Index("ix_one_time_code_phone", "phone", "audience", "created_at"),
    )

    phone: Mapped[str]
    audience: Mapped[str]
    code_hash: Mapped[str]
    full_name: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    wrong_tries: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    used_at: Mapped[datetime | None]


class LinkPurpose(StrEnum):
    VERIFY = "VERIFY"
    RESET = "RESET"


class EmailLink(Base):
    """A link sent to an email address: its token hashed, short-lived, used once."""

    __tablename__ = "email_link"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("purpose IN ('VERIFY', 'RESET')", name="purpose_known"),
        Index("ix_email_link_account_id", "account_id"),
        Index("ix_email_link_expires_at", "expires_at"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    email: Mapped[str]
    token_hash: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)


class LiveTicket(Base):
    """Opens one live connection, once, within half a minute: a token in an address would end up in logs."""

    __tablename__ = "live_ticket"
    __table_args__ = (UniqueConstraint("token_hash"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    token_hash: Mapped[str]
    expires_at: Mapped[datetime]


class IdempotentAnswer(Base):
    """What was answered to a write that carried an Idempotency-Key, kept for a day (see accounts/idempotency.py)."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_idempotent_answer_created_at", "created_at"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    key: Mapped[str]
    fingerprint: Mapped[str]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    body: Mapped[str | None]
    created_at: Mapped[datetime]


class RateLimit(Base):
    """Counters of attempts, shared by all processes (see core/limits.py). Losing them in a crash harms nobody."""

    __tablename__ = "rate_limit"
    __table_args__ = (UniqueConstraint("key"), {"prefixes": ["UNLOGGED"]})

    key: Mapped[str]
    hits: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime]
