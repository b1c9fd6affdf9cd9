"""Links that came by mail, and the addresses that links were sent to.

A link's token is kept in the session and never in the address of a page: it stays out of what browsers and proxies
note of a visit. Opening the link changes nothing either, since programs that look through mail open links too.
"""

from collections.abc import Callable

from flask import session
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms.validators import ValidationError

from portal.core.contact import optional_email
from portal.core.errors import Invalid, TooManyAttempts
from portal.web.forms import Form, Required, TextField
from portal.web.public.codes import wait_words

SENT_TO = "mail_sent_to"


class EmailForm(Form):
    email = TextField(_("Email address"), [Required(_("Enter your email address"))])

    def validate_email(self, field: TextField) -> None:
        check_email(field)


def check_email(field: TextField) -> None:
    """For WTForms: refuse what cannot be an email address."""
    try:
        optional_email(field.data)
    except Invalid as refusal:
        raise ValidationError(gettext(refusal.details["email"])) from None


def note_sent(email: str) -> None:
    """Remember for the next page where the mail went to."""
    session[SENT_TO] = email


def sent_to() -> str | None:
    """The address that this browser had a mail sent to."""
    return session.get(SENT_TO)


def keep_token(key: str, token: str) -> None:
    """Keep the token of a link that was opened, until its button is pressed."""
    session[key] = token


def kept_token(key: str) -> str | None:
    return session.get(key)


def forget_token(key: str) -> None:
    session.pop(key, None)


def ask_for_mail(form: EmailForm, send: Callable[[str], None]) -> bool:
    """Send a mail to the address in the form; False, with the reason in the form, when that is too often."""
    try:
        send(form.email.data)
    except TooManyAttempts as refusal:
        wait = wait_words(refusal.retry_after_seconds)
        form.form_errors.append(
            gettext("We have sent several mails to this address already. %(wait)s", wait=wait)
        )
        return False
    note_sent(form.email.data)
    return True


def status_of(form: Form) -> int:
    """The status of a page with this form: 429 when it was sent too often, which stands at the top and by no field."""
    if form.form_errors:
        return 429
    return 422 if form.errors else 200
