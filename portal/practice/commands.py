"""Changing the practice's rules. Who has changed which one stays written down."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.core.errors import Invalid, _
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.environment import SettingsError
from portal.practice.errors import RulesChangedMeanwhile
from portal.practice.events import PracticeRulesChanged
from portal.practice.models import PracticeRule, PracticeRuleChange
from portal.practice.queries import changes_since, own_rules
from portal.practice.rules import read_rule, written_rule
from portal.settings import Settings

LOCK = 774_203  # any number, the same in every copy: one change of rules at a time, so that versions follow each other


def change_rules(
    session: Session,
    given: Mapping[str, str | None],
    *,
    base: Settings,
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> dict[str, str]:
    """Make these rules, by key and as they are written, the practice's own; the answer are all its own rules.

    None, or what the environment (`base`) says too, is the environment's again. With the `version` at which they were
    read, what somebody else did in between is not undone unseen. Raises Invalid with what is wrong by key,
    RulesChangedMeanwhile.
    """
    wanted = _read(given, base)
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    if version is not None and changes_since(session, version, wanted):
        raise RulesChangedMeanwhile
    own = own_rules(session)
    changes = [
        PracticeRuleChange(
            key=key,
            old_value=own.get(key),
            new_value=text,
            account_id=by.account_id,
            by_name=by.full_name,
            happened_at=at,
        )
        for key, text in wanted.items()
        if own.get(key) != text
    ]
    if changes:
        _write(session, changes, by=by, at=at)
    return own_rules(session) if changes else own


def _read(given: Mapping[str, str | None], base: Settings) -> dict[str, str | None]:
    """The same, each written as it is read, and None for what is the environment's; raises Invalid."""
    wanted: dict[str, str | None] = {}
    details = {}
    for key, text in given.items():
        try:
            read = None if text is None else written_rule(key, read_rule(key, text))
            wanted[key] = None if read is None or read == written_rule(key, getattr(base, key)) else read
        except KeyError:
            details[key] = _("There is no such rule.")
        except SettingsError as error:
            details[key] = _said(error)
    if details:
        raise Invalid(details=details)
    return wanted


def _said(error: SettingsError) -> str:
    """What is wrong, without the name of the variable before it."""
    return str(error).partition(": ")[2].capitalize()


def _write(session: Session, changes: Sequence[PracticeRuleChange], *, by: Actor, at: datetime) -> None:
    for change in changes:
        _put(session, change.key, change.new_value)
    session.add_all(changes)
    session.flush()
    keys = tuple(change.key for change in changes)
    publish(session, PracticeRulesChanged(max(change.id for change in changes), keys, by, at))


def _put(session: Session, key: str, text: str | None) -> None:
    if text is None:
        session.execute(delete(PracticeRule).where(PracticeRule.key == key))
        return
    statement = insert(PracticeRule).values(key=key, value=text)
    session.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"value": statement.excluded.value})
    )
