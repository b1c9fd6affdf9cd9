"""How late clinicians are running."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base

MOST_MINUTES = 240


class ClinicianDelay(Base):
    """From when it was said until the end of the day, or until the next line: a clinician is so late at a centre.

    A line says that it changed, none minutes that it is over; none is ever changed.
    """

    __tablename__ = "clinician_delay"
    __table_args__ = (
        CheckConstraint(f"minutes BETWEEN 0 AND {MOST_MINUTES}", name="minutes_sensible"),
        CheckConstraint("ends_at > created_at", name="ends_later"),
        Index("ix_clinician_delay_clinician_id_ends_at", "clinician_id", "ends_at"),
        Index("ix_clinician_delay_ends_at", "ends_at"),
    )

    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    minutes: Mapped[int] = mapped_column(SmallInteger)
    ends_at: Mapped[datetime]
    by_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by_name: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime]
