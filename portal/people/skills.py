"""What a clinician can do, said by themself or by those who manage them, and read by everybody."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager

from portal.core.db import refuses
from portal.core.errors import Duplicate, Invalid, NotFound, _
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.people.categories import CategoryInUse, tidy_name
from portal.people.events import ClinicianChanged
from portal.people.models import Clinician
from portal.people.skill_models import Category, Proficiency, Skill

MOST_SKILLS = 50


def skills_of(session: Session, clinician_id: int) -> Sequence[Skill]:
    """By category and name, with the categories, in one query."""
    found = select(Skill).join(Skill.category).where(Skill.clinician_id == clinician_id)
    ordered = found.order_by(func.folded(Category.name), func.folded(Skill.name), Skill.id)
    return session.scalars(ordered.options(contains_eager(Skill.category))).all()


def by_category(skills: Sequence[Skill]) -> list[tuple[Category, list[Skill]]]:
    """The same, in that order, under their categories."""
    return [(category, list(some)) for category, some in groupby(skills, key=lambda skill: skill.category)]


def get_skill(session: Session, clinician_id: int, skill_id: int) -> Skill:
    """One of a clinician's; raises NotFound."""
    found = session.scalar(select(Skill).where(Skill.id == skill_id, Skill.clinician_id == clinician_id))
    if found is None:
        raise NotFound
    return found


def add_skill(
    session: Session,
    clinician: Clinician,
    *,
    by: Actor,
    category_id: int | None,
    skill_name: str,
    proficiency_level: str,
    at: datetime,
) -> Skill:
    """Say of a clinician what they can do, in a category that is offered.

    Raises Invalid by field, for too many as well, and, from `in_transaction`, Duplicate.
    """
    skill = Skill(
        clinician_id=clinician.id,
        category=_offered(session, category_id),
        name=tidy_name(skill_name, "skill_name"),
        proficiency=_known(proficiency_level),
        created_at=at,
    )
    if len(skills_of(session, clinician.id)) >= MOST_SKILLS:
        raise Invalid(details={"skill_name": _("These are as many skills as fit. Remove one first.")})
    session.add(skill)
    session.flush()
    publish(session, ClinicianChanged(clinician.id, "clinician.add-skill", by, at, ("skills",)))
    return skill


def set_proficiency(
    session: Session, skill: Skill, *, by: Actor, proficiency_level: str, at: datetime
) -> None:
    """Say anew how well they can do it. Safe to repeat; raises Invalid."""
    if skill.proficiency != _known(proficiency_level):
        skill.proficiency = proficiency_level
        publish(session, ClinicianChanged(skill.clinician_id, "clinician.edit-skill", by, at, ("skills",)))


def remove_skill(session: Session, skill: Skill, *, by: Actor, at: datetime) -> None:
    """Say it no longer."""
    session.delete(skill)
    session.flush()
    publish(session, ClinicianChanged(skill.clinician_id, "clinician.remove-skill", by, at, ("skills",)))


def _offered(session: Session, category_id: int | None) -> Category:
    """Of two at once, nobody takes the category away meanwhile."""
    offered = select(Category).where(Category.id == category_id, Category.hidden_at.is_(None))
    category = session.scalar(offered.with_for_update(read=True, key_share=True))
    if category is None:
        raise Invalid(details={"category_id": _("Choose a category.")})
    return category


def _known(proficiency: str) -> str:
    if proficiency not in set(Proficiency):
        raise Invalid(details={"proficiency_level": _("Choose one of the options.")})
    return proficiency


refuses(
    "uq_skill_clinician_id_name", lambda: Duplicate(details={"skill_name": _("This skill is there already.")})
)
refuses("fk_skill_category_id", CategoryInUse)
