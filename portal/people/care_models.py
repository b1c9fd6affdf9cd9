"""Who looks after whom: a parent books for a child, a daughter for her father."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.db import Base
from portal.people.models import Patient


class Relation(StrEnum):
    """What a dependant is to the person who looks after them."""

    CHILD = "CHILD"
    PARENT = "PARENT"
    PARTNER = "PARTNER"
    OTHER = "OTHER"


class Care(Base):
    """One person who books for another, and hears of their visits. A dependant may have several of them.

    `paused_at` is set when the dependant signs in for the first time: from then on only they can allow it again.
    """

    __tablename__ = "care"
    __table_args__ = (
        UniqueConstraint("carer_id", "patient_id"),
        CheckConstraint("carer_id <> patient_id", name="not_oneself"),
        CheckConstraint("relation IN ('CHILD', 'PARENT', 'PARTNER', 'OTHER')", name="relation_known"),
        Index("ix_care_patient_id", "patient_id"),
    )

    carer_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    relation: Mapped[str]
    paused_at: Mapped[datetime | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    carer: Mapped[Patient] = relationship(foreign_keys=[carer_id])
    patient: Mapped[Patient] = relationship(foreign_keys=[patient_id])
