"""What the demo's clinicians can do, and the categories it is sorted into."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.permissions import Actor
from portal.demo.clinicians import Working
from portal.people.categories import add_category
from portal.people.skills import add_skill

UNUSED = "Travel health"


def write(session: Session, working: Sequence[Working], *, by: Actor, at: datetime) -> None:
    """Every category that somebody's entry names, and one in which nobody has a skill yet."""
    said = [(one, *_read(words)) for one in working for words in one.about.get("skills", ())]
    names = sorted({category for _, category, _, _ in said} | {UNUSED})
    ids = {name: add_category(session, by=by, name=name, at=at).id for name in names}
    for one, category, name, level in said:
        add_skill(
            session,
            one.clinician,
            by=one.actor,
            category_id=ids[category],
            skill_name=name,
            proficiency_level=level,
            at=at,
        )


def _read(words: str) -> tuple[str, str, str]:
    category, _, rest = words.partition(": ")
    name, _, level = rest.rpartition(", ")
    return category, name, level.upper()
