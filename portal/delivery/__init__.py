"""What both doors share, the pages and the API: settings, who may enter, how often, and how a failure is explained."""

from typing import cast

from flask import current_app

from portal.settings import Settings


def settings() -> Settings:
    """The settings the application was made with (`app.config["SETTINGS"]`)."""
    return cast("Settings", current_app.config["SETTINGS"])
