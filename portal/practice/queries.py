"""Reading the practice's rules. Whoever may see them is said at the door."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.practice.models import PracticeRule, PracticeRuleChange


def own_rules(session: Session) -> dict[str, str]:
    """The rules that the practice has made its own, as they are written, by key."""
    rows = session.execute(select(PracticeRule.key, PracticeRule.value))
    return {row.key: row.value for row in rows}


def version_of_rules(session: Session) -> int:
    """Rises with every change; 0 before the first."""
    return session.scalar(select(func.max(PracticeRuleChange.id))) or 0


def changes_since(session: Session, version: int, keys: Collection[str]) -> list[PracticeRuleChange]:
    """What became of these rules after a version, in order."""
    statement = select(PracticeRuleChange).where(
        PracticeRuleChange.id > version, PracticeRuleChange.key.in_(keys)
    )
    return list(session.scalars(statement.order_by(PracticeRuleChange.id)))


def latest_changes(session: Session, *, most: int) -> list[PracticeRuleChange]:
    """Who changed what, the newest first."""
    return list(
        session.scalars(select(PracticeRuleChange).order_by(PracticeRuleChange.id.desc()).limit(most))
    )
