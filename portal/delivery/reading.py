"""What no request may contain: characters that the database cannot keep."""

import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import current_app, request

from portal.core.errors import Invalid, NotFound, _

# NUL, and halves of characters.
P = ParamSpec("P")
R = TypeVar("R")
UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


def takes_up_to(most_bytes: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a view take larger requests than others may. Put it right above the view."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return mark


def check_readable() -> None:
    """Before each request: an address with such characters names nothing, a form with them is refused."""
    if UNKEEPABLE.search(request.path):
        raise NotFound
    view = current_app.view_functions.get(request.endpoint or "")
    if most_bytes := getattr(view, "most_bytes", None):
        request.max_content_length = most_bytes
    if _any_in(request.args.items(multi=True)):
        raise Invalid(_("The address contains characters that we cannot read."))
    if request.mimetype.endswith(("form-data", "urlencoded")) and _any_in(request.form.items(multi=True)):
        raise Invalid(_("What you sent contains characters that we cannot keep."))


def _any_in(pairs: object) -> bool:
    return any(UNKEEPABLE.search(text) for pair in pairs for text in pair)  # type: ignore[attr-defined]
