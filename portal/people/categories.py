"""The categories that skills are sorted into, kept by those who run the practice."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.db import refuses
from portal.core.errors import Duplicate, Invalid, NotFound, PortalError, _
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.people.events import CategoryChanged
from portal.people.skill_models import Category, Skill

LONGEST = 80


class CategoryInUse(PortalError):
    message = _("Clinicians have skills in this category. Hide it instead, or move their skills first.")


def categories(session: Session, *, with_hidden: bool = False) -> Sequence[Category]:
    """What is offered to choose from, in alphabetical order; `with_hidden` also what is offered no longer."""
    found = select(Category).order_by(func.folded(Category.name), Category.id)
    return session.scalars(found if with_hidden else found.where(Category.hidden_at.is_(None))).all()


def categories_with_use(session: Session) -> Sequence[tuple[Category, int]]:
    """All of them, each with how many clinicians have a skill in it, in one query."""
    how_many = func.count(func.distinct(Skill.clinician_id))
    found = (
        select(Category, how_many).outerjoin(Skill, Skill.category_id == Category.id).group_by(Category.id)
    )
    rows = session.execute(found.order_by(func.folded(Category.name), Category.id))
    return [(category, number) for category, number in rows]


def get_category(session: Session, category_id: int) -> Category:
    """One of them, hidden or not; raises NotFound."""
    found = session.get(Category, category_id)
    if found is None:
        raise NotFound
    return found


def add_category(session: Session, *, by: Actor, name: str, at: datetime) -> Category:
    """Offer another category. Raises Invalid and, from `in_transaction`, Duplicate."""
    category = Category(name=tidy_name(name), created_at=at)
    session.add(category)
    session.flush()
    publish(session, CategoryChanged(category.id, "category.create", by, at))
    return category


def rename_category(session: Session, category: Category, *, by: Actor, name: str, at: datetime) -> None:
    """Call it something else, for everybody who has a skill in it. Safe to repeat; raises as `add_category`."""
    name = tidy_name(name)
    if name != category.name:
        category.name = name
        session.flush()
        publish(session, CategoryChanged(category.id, "category.rename", by, at, ("name",)))


def set_category_hidden(
    session: Session, category: Category, *, by: Actor, is_hidden: bool, at: datetime
) -> None:
    """Offer it no longer, or again; skills that are in it stay. Safe to repeat."""
    if is_hidden != (category.hidden_at is not None):
        category.hidden_at = at if is_hidden else None
        publish(
            session, CategoryChanged(category.id, "category.hide" if is_hidden else "category.show", by, at)
        )


def remove_category(session: Session, category: Category, *, by: Actor, at: datetime) -> None:
    """Take away what nobody uses. Raises CategoryInUse, also from `in_transaction`."""
    if session.scalar(select(Skill.id).where(Skill.category_id == category.id).limit(1)) is not None:
        raise CategoryInUse
    session.delete(category)
    session.flush()
    publish(session, CategoryChanged(category.id, "category.delete", by, at))


def tidy_name(name: str, field: str = "name") -> str:
    """A name of a category or a skill as it is kept; raises Invalid for the field in which it was written."""
    tidy = " ".join(name.replace("\0", "").split())
    if not tidy:
        raise Invalid(details={field: _("Enter a name.")})
    if len(tidy) > LONGEST:
        raise Invalid(details={field: _("Use 80 characters or fewer.")})
    return tidy


refuses(
    "uq_category_name", lambda: Duplicate(details={"name": _("There is already a category of this name.")})
)
