"""Reading what stands in an address. What makes no sense is left out, or answered like what is not there."""

from datetime import date
from typing import Any

from flask import request

from portal.core.errors import NotFound
from portal.core.pagination import Page

FAR = 10_000


def page_number() -> int:
    """?page=, counted from 1; raises NotFound for anything that is no page."""
    raw = request.args.get("page", "1")
    if not raw.isascii() or not raw.isdecimal() or not 1 <= int(raw) <= FAR:
        raise NotFound
    return int(raw)


def check_is_page(found: Page[Any]) -> None:
    """Raises NotFound for a page behind the last one; the first is there even when it is empty."""
    if found.page > 1 and not found.items:
        raise NotFound


def whole_number(name: str) -> int | None:
    """A number such as an id, or None where the argument is missing or is none."""
    return number(request.args.get(name, ""))


def number(text: str) -> int | None:
    """The number, such as an id, that a text is, or None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def day(name: str) -> date | None:
    """An ISO date between the years 2000 and 2199, or None."""
    try:
        on = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return on if 2000 <= on.year < 2200 else None


def month(name: str) -> date | None:
    """The first day of a month given as YYYY-MM, or None."""
    try:
        on = date.fromisoformat(request.args.get(name, "") + "-01")
    except ValueError:
        return None
    return on if 2000 <= on.year < 2200 else None
