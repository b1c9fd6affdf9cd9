"""The form in which people write to each other, and that what it sends is written once."""

import hashlib
import secrets
from collections.abc import Callable

from flask import g, request
from flask_babel import lazy_gettext as _

from portal.accounts import idempotency
from portal.bootstrap import db
from portal.conversations import rules
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.limits import MESSAGE_WRITTEN
from portal.delivery.attempts import attempts
from portal.web.forms import Form, LongTextField, Required


class MessageForm(Form):
    content = LongTextField(
        _("Your message"),
        [Required(_("Write something first"))],
        longest=rules.LONGEST,
        filters=[rules.unified],
        render_kw={"rows": 3},
    )


def new_key() -> str:
    """What tells one form from the next."""
    return secrets.token_urlsafe(12)


def once(write: Callable[[], object], content: str) -> None:
    """Write in one transaction; a form that arrives twice with the same text writes once.

    Raises TooManyAttempts for more than people can mean, and whatever `write` raises.
    """
    attempts().hit(MESSAGE_WRITTEN, str(g.actor.account_id))
    form = request.form.get("key") or new_key()
    key = f"form {hashlib.sha256(f'{form} {content}'.encode()).hexdigest()}"

    def work() -> None:
        before = idempotency.claim(
            db.session, account_id=g.actor.account_id, key=key, fingerprint="message", at=clock.now()
        )
        if before is None:
            write()

    in_transaction(db.session, work)
