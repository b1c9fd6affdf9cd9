"""What clinicians can do: skills, each in a category that the practice keeps."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, column, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.db import Base


class Proficiency(StrEnum):
    """How well somebody can do it, in their own judgement."""

    BEGINNER = "BEGINNER"
    INTERMEDIATE = "INTERMEDIATE"
    ADVANCED = "ADVANCED"
    EXPERT = "EXPERT"


class Category(Base):
    """What skills are sorted into, and what patients may look for.

    A hidden one is offered no longer; what was sorted into it before still says so.
    """

    __tablename__ = "category"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 80", name="name_length"),
        Index("uq_category_name", func.folded(column("name")).label("folded"), unique=True),
    )

    name: Mapped[str]
    hidden_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Skill(Base):
    """One thing that a clinician can do, said once, however it is written."""

    __tablename__ = "skill"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 80", name="name_length"),
        CheckConstraint(
            "proficiency IN ('BEGINNER', 'INTERMEDIATE', 'ADVANCED', 'EXPERT')", name="proficiency_known"
        ),
        Index(
            "uq_skill_clinician_id_name",
            "clinician_id",
            func.folded(column("name")).label("folded"),
            unique=True,
        ),
        Index("ix_skill_category_id", "category_id", "clinician_id"),
    )

    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    name: Mapped[str]
    proficiency: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    category: Mapped[Category] = relationship()
