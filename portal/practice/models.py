"""The practice's own rules as they are, and each change of one. The latter are only ever added."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class PracticeRule(Base):
    """A rule that the practice has made its own; a rule without a row is the environment's."""

    __tablename__ = "practice_rule"
    __table_args__ = (Index("uq_practice_rule_key", "key", unique=True),)

    key: Mapped[str]
    value: Mapped[str]


class PracticeRuleChange(Base):
    """Who changed a rule, from what to what: texts as `read_rule` reads them; no new one is the environment's again.

    The highest id is the version of all rules.
    """

    __tablename__ = "practice_rule_change"
    __table_args__ = (
        CheckConstraint("old_value IS NOT NULL OR new_value IS NOT NULL", name="says_something"),
        Index("ix_practice_rule_change_account_id", "account_id"),
    )

    key: Mapped[str]
    old_value: Mapped[str | None]
    new_value: Mapped[str | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by_name: Mapped[str]
    happened_at: Mapped[datetime]
