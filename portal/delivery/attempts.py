"""Limits, as views ask for them."""

from typing import cast

from flask import current_app, request

from portal.core.limits import Attempts


def attempts() -> Attempts:
    return cast("Attempts", current_app.extensions["attempts"])


def address() -> str:
    """Whose failures are counted together beside those of a phone or name."""
    return request.remote_addr or ""
