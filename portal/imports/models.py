"""Files that somebody brings in: what stands in one, and what the dry run found."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Account
from portal.core.db import Base


class Kind(StrEnum):
    """What a file is about. Clinicians come before their hours."""

    CLINICIANS = "CLINICIANS"
    HOURS = "HOURS"
    PATIENTS = "PATIENTS"


class RunStatus(StrEnum):
    """FAULTY has problems to mend first, READY can be brought in, DONE was."""

    FAULTY = "FAULTY"
    READY = "READY"
    DONE = "DONE"


class Outcome(StrEnum):
    """What becomes of one line: NEW is written, UNCHANGED is there already, FAULTY has a problem."""

    NEW = "NEW"
    UNCHANGED = "UNCHANGED"
    FAULTY = "FAULTY"


class ImportRun(Base):
    """One file from its dry run on. After some days its lines and problems are emptied; the counts stay.

    `lines` are `{"line", "cells", "outcome"}` in the order of the file, `problems` those of `Problem.as_json`.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint("kind IN ('CLINICIANS', 'HOURS', 'PATIENTS')", name="kind_known"),
        CheckConstraint("status IN ('FAULTY', 'READY', 'DONE')", name="status_known"),
        CheckConstraint("(status = 'DONE') = (done_at IS NOT NULL)", name="done_has_time"),
        Index("ix_import_run_digest", "digest"),
        Index("ix_import_run_account_id", "account_id"),
        Index("ix_import_run_to_empty", "created_at", postgresql_where=text("emptied_at IS NULL")),
    )

    kind: Mapped[str]
    status: Mapped[str]
    file_name: Mapped[str] = mapped_column(default="", server_default="")
    # How its letters were read, for people to look whether that was right.
    encoding: Mapped[str] = mapped_column(default="", server_default="")
    digest: Mapped[str]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, deferred=True, server_default="[]")
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, deferred=True, server_default="[]")
    new_count: Mapped[int] = mapped_column(default=0, server_default="0")
    unchanged_count: Mapped[int] = mapped_column(default=0, server_default="0")
    faulty_count: Mapped[int] = mapped_column(default=0, server_default="0")
    problem_count: Mapped[int] = mapped_column(default=0, server_default="0")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    emptied_at: Mapped[datetime | None]
    account: Mapped[Account | None] = relationship()
