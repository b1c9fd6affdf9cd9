"""The practice with its payment providers, as both doors use it."""

from typing import cast

from flask import current_app

from portal.delivery import settings
from portal.payments.practice import Practice, practice_of

KEY = "portal.payments.practice"


def practice() -> Practice:
    """The practice of these settings, made once a process: its gateways keep connections open."""
    kept = current_app.extensions.get(KEY)
    if kept is None or kept[0] is not settings():
        kept = current_app.extensions[KEY] = (settings(), practice_of(settings()))
    return cast("Practice", kept[1])
