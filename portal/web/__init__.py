"""The HTML door: pages, forms and fragments, thin over the capabilities."""

from typing import cast

from flask import current_app

from portal.settings import Settings


def settings() -> Settings:
    """The settings the application was made with (`app.config["SETTINGS"]`)."""
    return cast("Settings", current_app.config["SETTINGS"])
