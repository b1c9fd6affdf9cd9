"""Usernames as people type them, in the form we store."""

import re

from portal.core.errors import Invalid, _

USERNAME = re.compile(r"(?=.*[a-z])[a-z0-9][a-z0-9._-]{2,31}")


def optional_username(text: str | None, *, field: str = "username") -> str | None:
    """The username in lower case, or None where there is none; raises Invalid."""
    username = (text or "").strip().lower()
    if not username:
        return None
    if not USERNAME.fullmatch(username):
        raise Invalid(
            details={field: _("Use 3 to 32 letters, digits, dots and hyphens, with at least one letter.")}
        )
    return username
