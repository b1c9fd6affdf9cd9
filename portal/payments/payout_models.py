"""What clinicians were paid out, and which lines of the ledger each statement lists. What was written there stays."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.db import Base
from portal.core.money import Money
from portal.payments.book_models import Document
from portal.payments.models import CURRENCY
from portal.people.models import Clinician


class Payout(Base):
    """A clinician's share that went from the practice's bank to the clinician; its number is the statement's.

    `reference` is the bank's or the practice's own word for the transfer; `transaction_key` says which transaction
    of the ledger it is.
    """

    __tablename__ = "payout"
    __table_args__ = (
        UniqueConstraint("transaction_key"),
        UniqueConstraint("year", "number"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint(CURRENCY, name="currency_iso"),
        Index("ix_payout_clinician_id", "clinician_id", "currency", "id"),
    )

    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    amount_minor: Mapped[int]
    currency: Mapped[str]
    year: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[int]
    reference: Mapped[str] = mapped_column(default="", server_default="")
    transaction_key: Mapped[uuid.UUID]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    made_by_name: Mapped[str] = mapped_column(default="", server_default="")
    made_at: Mapped[datetime]
    clinician: Mapped[Clinician] = relationship()

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def statement_number(self) -> str:
        return Document.STATEMENT.reference(self.year, self.number)


class PayoutLine(Base):
    """A line of the ledger that a statement lists: each line is on one statement, whatever is written meanwhile."""

    __tablename__ = "payout_line"
    __table_args__ = (UniqueConstraint("entry_id"), Index("ix_payout_line_payout_id", "payout_id"))

    payout_id: Mapped[int] = mapped_column(ForeignKey("payout.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"))
