"""A form that is sent twice is dealt with once: its page carries a key, made with the page."""

import uuid

from flask import request


def form_key() -> uuid.UUID:
    """The key that was sent with the form; a new one for a page that is shown first, and in place of rubbish."""
    try:
        return uuid.UUID(request.form.get("form_key", ""))
    except ValueError:
        return uuid.uuid4()
