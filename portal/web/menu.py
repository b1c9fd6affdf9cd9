"""What a menu is made of: entries, in sections where there are many; drawn for one actor, it holds what is allowed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import request, url_for

from portal.core.permissions import OPEN_BEFORE_THE_GATE, Actor, Permission


def _no_values(_actor: Actor) -> dict[str, Any]:
    return {}


def _always(_actor: Actor) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a menu. `values` makes the endpoint's arguments from the actor; `also` are its further pages.

    `count` says how much is new there, and the endpoint `counted_at` says it again to a page that is open.
    """

    label: Any
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

    label: Any
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """`count` asks only when the menu is drawn: pieces of pages have none."""

    label: Any
    href: str
    icon: str
    is_current: bool
    count: Callable[[], int] | None = None
    count_href: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """`sections` stand first, each with its label or None; `end` at the far end of a top bar.

    `sign_out` is the address to post to.
    """

    sections: list[tuple[Any, list[Item]]]
    end: list[Item]
    sign_out: str

    @property
    def main(self) -> list[Item]:
        return [item for _label, items in self.sections for item in items]

    @property
    def all(self) -> list[tuple[Any, list[Item]]]:
        """Everything, section by section, for where the end is not elsewhere."""
        return [*self.sections, (None, self.end)] if self.end else self.sections


def sections_of(table: Iterable[Entry | Section], actor: Actor) -> list[tuple[Any, list[Item]]]:
    """What of the table the actor may open. Entries outside of a section stand before all sections."""
    entries = list(table)
    loose = tuple(entry for entry in entries if isinstance(entry, Entry))
    sections = [Section(None, loose), *(entry for entry in entries if isinstance(entry, Section))]
    drawn = [(section.label, items_of(section.entries, actor)) for section in sections]
    return [(label, items) for label, items in drawn if items]


def items_of(entries: Iterable[Entry], actor: Actor) -> list[Item]:
    """The entries that the actor may open."""
    return [
        Item(
            entry.label,
            url_for(entry.endpoint, **entry.values(actor)),
            entry.icon,
            request.endpoint in {entry.endpoint, *entry.also},
            partial(entry.count, actor) if entry.count else None,
            url_for(entry.counted_at) if entry.counted_at else "",
        )
        for entry in entries
        if entry.is_offered(actor)
    ]
