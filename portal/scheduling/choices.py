"""What the filters of the directory offer to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, CompoundSelect, cast, exists, func, literal, null, select
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.people.models import Clinician
from portal.people.queries import listed
from portal.people.skill_models import Category, Skill


@dataclass(frozen=True)
class Choices:
    """What can be looked for, in alphabetical order: open centres as (id, name, city), categories of skills that
    somebody has as (id, name), languages and fields of work.
    """

    centres: Sequence[tuple[int, str, str]]
    categories: Sequence[tuple[int, str]]
    languages: Sequence[str]
    specializations: Sequence[str]


def choices(session: Session) -> Choices:
    """What the filters offer, in one query."""
    rows = session.execute(_all_choices()).all()
    ordered = sorted(rows, key=lambda row: str(row[2]).casefold())
    return Choices(
        centres=[(row[1], row[2], row[3]) for row in ordered if row[0] == "centre"],
        categories=[(row[1], row[2]) for row in ordered if row[0] == "category"],
        languages=[row[2] for row in ordered if row[0] == "language"],
        specializations=[row[2] for row in ordered if row[0] == "specialization"],
    )


@cache
def _all_choices() -> CompoundSelect[Any]:
    """Built once: whatever is asked, it is the same."""
    nothing = cast(null(), BigInteger)
    words = [
        select(
            literal(kind).label("kind"), nothing.label("id"), func.unnest(column).label("name"), literal("")
        ).where(listed())
        for kind, column in (("language", Clinician.languages), ("specialization", Clinician.specialization))
    ]
    centres = select(literal("centre"), Centre.id, Centre.name, Centre.city).where(
        Centre.is_active, Centre.deleted_at.is_(None)
    )
    categories = select(literal("category"), Category.id, Category.name, literal("")).where(
        Category.hidden_at.is_(None),
        exists().where(Skill.category_id == Category.id, Skill.clinician_id == Clinician.id, listed()),
    )
    return words[0].union(words[1], centres, categories)
