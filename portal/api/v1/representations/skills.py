"""What clinicians can do, and the categories of it."""

from typing import Annotated

from pydantic import Field

from portal.api.v1.representations.base import KEPT, Body, Id, Query, Shape, Upper
from portal.people.categories import LONGEST
from portal.people.skill_models import Category, Proficiency, Skill

Name = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Level = Annotated[Proficiency, Upper]


class CategoryShape(Shape):
    id: int
    name: str
    is_hidden: bool = Field(description="Offered no longer; skills that are in it stay.")


class CategoryQuery(Query):
    include_hidden: bool = Field(default=False, description="For those who may change them.")


class NewCategory(Body):
    name: Name


class CategoryChanges(Body):
    """What is not given stays."""

    name: Name = KEPT
    is_hidden: bool = False


class SkillShape(Shape):
    id: int
    user_id: int = Field(description="The clinician's account.")
    category_id: int
    category_name: str
    skill_name: str
    proficiency_level: Proficiency


class NewSkill(Body):
    category_id: Id
    skill_name: Name
    proficiency_level: Level


class SkillChanges(Body):
    proficiency_level: Level


def category_shape(category: Category) -> CategoryShape:
    return CategoryShape(id=category.id, name=category.name, is_hidden=category.hidden_at is not None)


def skill_shape(skill: Skill, user_id: int) -> SkillShape:
    return SkillShape(
        id=skill.id,
        user_id=user_id,
        category_id=skill.category_id,
        category_name=skill.category.name,
        skill_name=skill.name,
        proficiency_level=Proficiency(skill.proficiency),
    )
