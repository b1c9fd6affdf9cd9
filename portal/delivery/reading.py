"""What no request may contain: characters that the database cannot keep."""

import re

from flask import request

from portal.core.errors import Invalid, NotFound, _

# NUL, and halves of characters.
UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


def check_readable() -> None:
    """Before each request: an address with such characters names nothing, a form with them is refused."""
    if UNKEEPABLE.search(request.path):
        raise NotFound
    if _any_in(request.args.items(multi=True)):
        raise Invalid(_("The address contains characters that we cannot read."))
    if request.mimetype.endswith(("form-data", "urlencoded")) and _any_in(request.form.items(multi=True)):
        raise Invalid(_("What you sent contains characters that we cannot keep."))


def _any_in(pairs: object) -> bool:
    return any(UNKEEPABLE.search(text) for pair in pairs for text in pair)  # type: ignore[attr-defined]
