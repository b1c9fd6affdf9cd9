"""Visits that were booked together and repeat. Which they are, each visit says itself."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Rhythm(StrEnum):
    """How far apart the visits of a series are. MONTHLY is the same weekday of the month: each second Tuesday."""

    WEEKLY = "WEEKLY"
    FORTNIGHTLY = "FORTNIGHTLY"
    MONTHLY = "MONTHLY"


class AppointmentSeries(Base):
    """`form_key` is of the page that was sent: pressed twice, it is the same series."""

    __tablename__ = "appointment_series"
    __table_args__ = (
        UniqueConstraint("created_by_id", "form_key"),
        CheckConstraint("rhythm IN ('WEEKLY', 'FORTNIGHTLY', 'MONTHLY')", name="rhythm_known"),
    )

    rhythm: Mapped[str]
    form_key: Mapped[uuid.UUID]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
