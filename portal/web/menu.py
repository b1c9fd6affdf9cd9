"""What a menu is made of: entries, in sections where there are many; drawn for one actor, it holds what is allowed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from flask import request

from portal.core.permissions import OPEN_BEFORE_THE_GATE, Actor, Permission
from portal.web.addresses import url_for
from portal.web.i18n import catalogue


def _no_values(_actor: Actor) -> dict[str, Any]:
    return {}


def _always(_actor: Actor) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a menu. `label` is a marked message, translated when it is drawn.

    `values` makes the endpoint's arguments from the actor; `also` are its further pages.
    `count` says how much is new there, and the endpoint `counted_at` says it again to a page that is open.
    """

    label: str
    endpoint: str
    icon: str
    permission: Permission | None = None
    values: Callable[[Actor], dict[str, Any]] = _no_values
    is_for: Callable[[Actor], bool] = _always
    also: tuple[str, ...] = ()
    count: Callable[[Actor], int] | None = None
    counted_at: str = ""

    def is_offered(self, actor: Actor) -> bool:
        """May the actor go there, now?"""
        if not self.is_for(actor):
            return False
        if self.permission is None:
            return True
        is_open = actor.waits_for is None or self.permission in OPEN_BEFORE_THE_GATE
        return is_open and actor.may(self.permission)


@dataclass(frozen=True, slots=True)
class Section:
    """Entries that belong together. Those without a label begin a menu."""

    label: str | None
    entries: tuple[Entry, ...]


class Item(NamedTuple):
    """`unread` is how much is new there; None where nothing is counted."""

    label: str
    href: str
    icon: str
    is_current: bool
    unread: int | None = None
    count_href: str = ""


Items = tuple[Item, ...]


class Menu:
    """What of two tables the actor may open, asked for only where it is drawn: pieces of pages have no menu."""

    def __init__(self, main: Iterable[Entry | Section], end: Iterable[Entry], actor: Actor) -> None:
        self._main, self._end, self._actor = main, end, actor

    @cached_property
    def sections(self) -> tuple[tuple[str | None, Items], ...]:
        """Each with its label or None."""
        return sections_of(self._main, self._actor)

    @cached_property
    def end(self) -> Items:
        """Those at the far end of a top bar."""
        return items_of(self._end, self._actor)

    @property
    def main(self) -> Items:
        return tuple(item for _label, items in self.sections for item in items)

    @property
    def all(self) -> tuple[tuple[str | None, Items], ...]:
        """Everything, section by section, for where the end is not elsewhere."""
        return (*self.sections, (None, self.end)) if self.end else self.sections

    @property
    def sign_out(self) -> str:
        """The address to post to."""
        return url_for("sign_in.sign_out")


def sections_of(table: Iterable[Entry | Section], actor: Actor) -> tuple[tuple[str | None, Items], ...]:
    """What of the table the actor may open. Entries outside of a section stand before all sections."""
    entries = list(table)
    loose = tuple(entry for entry in entries if isinstance(entry, Entry))
    sections = [Section(None, loose), *(entry for entry in entries if isinstance(entry, Section))]
    drawn = [
        (catalogue().gettext(section.label) if section.label else None, items_of(section.entries, actor))
        for section in sections
    ]
    return tuple((label, items) for label, items in drawn if items)


def items_of(entries: Iterable[Entry], actor: Actor) -> Items:
    """The entries that the actor may open."""
    here, said = request.endpoint, catalogue().gettext
    return tuple(
        Item(
            said(entry.label),
            url_for(entry.endpoint, **entry.values(actor)),
            entry.icon,
            here == entry.endpoint or here in entry.also,
            entry.count(actor) if entry.count else None,
            url_for(entry.counted_at) if entry.counted_at else "",
        )
        for entry in entries
        if entry.is_offered(actor)
    )
