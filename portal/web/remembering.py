"""Pieces of pages that look the same wherever the same values are shown: drawn once, then remembered.

A day board says the same forty visits to every desk and twice a minute, and each page of one's shell has the same
menu: drawing them again costs more than reading them.
"""

from collections.abc import Hashable
from functools import lru_cache
from gettext import NullTranslations
from typing import Any

from flask import current_app
from jinja2 import Environment
from markupsafe import Markup

from portal.web.i18n import catalogue

MOST = 512  # pieces, in each process; the largest, a full column of a board, takes 40 kB with its values


def remembered(path: str, macro: str, *values: Hashable | list[Any]) -> Markup:
    """What a macro makes of these values, in the viewer's language and the practice's words.

    The macro knows nothing else: not who asks, not the time, no address that it would have to make. Raises TypeError
    for markup: it equals a text that is not to be trusted, and the one must never stand for the other.
    """
    if any(isinstance(value, Markup) for value in values):
        raise TypeError("markup is no value: give the text, and let the macro draw it")
    frozen = tuple(tuple(value) if isinstance(value, list) else value for value in values)
    return _drawn(current_app.jinja_env, path, macro, catalogue(), frozen)


@lru_cache(maxsize=MOST)
def _drawn(
    pages: Environment, path: str, macro: str, _words: NullTranslations, values: tuple[Hashable, ...]
) -> Markup:
    drawn: Markup = getattr(pages.get_template(path).module, macro)(*values)
    return drawn
