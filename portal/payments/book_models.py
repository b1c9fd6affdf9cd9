"""The books: the ledger, the numbers of documents, and receipts. What was written there stays."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.appointments.models import one_of
from portal.core.db import Base
from portal.payments.models import CURRENCY, Payment


class Reason(StrEnum):
    """Why money moved from one account of the ledger to another."""

    PAID = "PAID"
    REFUNDED = "REFUNDED"
    REFUND_FAILED = "REFUND_FAILED"
    EARNED = "EARNED"
    EARNING_RETURNED = "EARNING_RETURNED"
    PAID_OUT = "PAID_OUT"
    CREDITS_GIVEN = "CREDITS_GIVEN"
    MERGED = "MERGED"


class Document(StrEnum):
    """What is numbered without gaps, each kind for itself."""

    RECEIPT = "RECEIPT"
    INVOICE = "INVOICE"
    QUOTATION = "QUOTATION"
    STATEMENT = "STATEMENT"

    def reference(self, year: int, number: int) -> str:
        """R-2026-000123: how a document is called by whoever has it."""
        return f"{self.value[0]}-{year}-{number:06}"


# Of these accounts each is one of many and says which; the others exist once.
ACCOUNT_NAMES = (
    "^(((patient|clinician|credits|cash|terminal):[1-9][0-9]*)|provider:[A-Z]+|bank|credits|platform|tax)$"
)


ONCE = "reason IN ('PAID', 'REFUNDED', 'REFUND_FAILED')"


class LedgerEntry(Base):
    """One line of the ledger; never changed, never deleted. Those of one transaction sum to zero in each currency.

    Positive is what an account has got, negative what it gave: a provider that holds our money is above zero, a
    clinician whom we owe a share is below. An act is written once (`uq_ledger_entry_once`), however often it is told.
    `appointment_id` is the visit that was earned, where the payment is not of that visit alone.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint(f"account ~ '{ACCOUNT_NAMES}'", name="account_known"),
        CheckConstraint(CURRENCY, name="currency_iso"),
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        CheckConstraint(one_of("reason", Reason), name="reason_known"),
        CheckConstraint("reason <> 'PAID' OR payment_id IS NOT NULL", name="paid_has_payment"),
        CheckConstraint(
            "reason NOT IN ('REFUNDED', 'REFUND_FAILED') OR refund_id IS NOT NULL", name="refunded_has_refund"
        ),
        Index("ix_ledger_entry_account", "account", "currency", "id"),
        Index("ix_ledger_entry_transaction_key", "transaction_key"),
        Index("ix_ledger_entry_payment_id", "payment_id"),
        # The practice's gift to a new account is given once.
        Index(
            "uq_ledger_entry_credits_at_start",
            "account",
            unique=True,
            postgresql_where=text("reason = 'CREDITS_GIVEN' AND currency = 'XCR' AND account <> 'platform'"),
        ),
        Index(
            "uq_ledger_entry_once",
            "payment_id",
            "refund_id",
            "reason",
            "account",
            "currency",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text(ONCE),
        ),
    )

    transaction_key: Mapped[uuid.UUID]
    account: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    reason: Mapped[str]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    created_at: Mapped[datetime]


class DocumentNumber(Base):
    """The last number given to a kind of document in a year of the practice's calendar."""

    __tablename__ = "document_number"
    __table_args__ = (
        UniqueConstraint("kind", "year"),
        CheckConstraint(one_of("kind", Document), name="kind_known"),
        CheckConstraint("last > 0", name="last_positive"),
    )

    kind: Mapped[str]
    year: Mapped[int] = mapped_column(SmallInteger)
    last: Mapped[int]


class Receipt(Base):
    """What a payer was given, as it was given; never changed, never deleted.

    `description` is what the practice calls what was sold; it is empty for credits and subscriptions, which the
    reader's language has a word for. `tax_lines` are objects of name, basis_points and minor, contained in the amount.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("payment_id"),
        UniqueConstraint("year", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(CURRENCY, name="currency_iso"),
    )

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[int]
    issuer_name: Mapped[str] = mapped_column(default="", server_default="")
    issuer_address: Mapped[str] = mapped_column(default="", server_default="")
    issuer_tax_number: Mapped[str] = mapped_column(default="", server_default="")
    issued_to: Mapped[str]
    description: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    tax_lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    issued_at: Mapped[datetime]
    payment: Mapped[Payment] = relationship()

    @property
    def reference(self) -> str:
        return Document.RECEIPT.reference(self.year, self.number)
