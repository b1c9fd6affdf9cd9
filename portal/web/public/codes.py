"""Signing in by a code sent to a phone: the same steps for patients, for staff, and in the middle of a booking."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from flask import session
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from wtforms.validators import ValidationError

from portal.accounts.codes import MOST_WRONG_TRIES
from portal.accounts.errors import CodeExpired, InvalidCode
from portal.accounts.models import Account, Audience
from portal.accounts.names import clean_name
from portal.core.errors import Invalid, TooManyAttempts
from portal.delivery import signing_in
from portal.web.forms import Form, PhoneField, Required, TextField

KEY = "code"
T = TypeVar("T")


class PhoneForm(Form):
    phone = PhoneField(_("Phone number"), [Required(_("Enter your phone number"))])


class DetailsForm(Form):
    full_name = TextField(_("Full name"), [Required(_("Enter your full name"))], longest=100)
    phone = PhoneField(_("Phone number"), [Required(_("Enter your phone number"))])

    def validate_full_name(self, field: Any) -> None:
        check_name(field)


class CodeForm(Form):
    code = TextField(_("Code"), [Required(_("Enter the code we sent you"))], longest=12)


@dataclass(frozen=True)
class Sent:
    """A code that this browser has asked for. Kept in its session, so that no address carries a phone number."""

    phone: str
    audience: str
    full_name: str = ""
    wrong_tries: int = 0


def check_name(field: Any) -> None:
    """For WTForms: refuse what cannot be a name."""
    try:
        clean_name(field.data or "")
    except Invalid as refusal:
        raise ValidationError(gettext(refusal.details["full_name"])) from None


def sent_code(audience: Audience) -> Sent | None:
    """The code that waits to be typed in, if one was sent."""
    kept = session.get(KEY)
    return Sent(**kept) if kept and kept["audience"] == audience else None


def send(form: PhoneForm | DetailsForm, audience: Audience) -> bool:
    """Send a code to the phone of a valid form; False, with the reason in the form, when that is too often."""
    phone, name = form.phone.data, form.full_name.data if isinstance(form, DetailsForm) else ""
    try:
        signing_in.send_code(phone, audience, name)
    except TooManyAttempts as refusal:
        wait = wait_words(refusal.retry_after_seconds)
        form.form_errors.append(gettext("We have just sent a code to this number. %(wait)s", wait=wait))
        return False
    session[KEY] = asdict(Sent(phone, audience, name))
    return True


def code_sent_before(form: PhoneForm | DetailsForm, audience: Audience) -> CodeForm | None:
    """After a code was asked for too often: the form for the one sent to this phone before, if there is one."""
    sent = sent_code(audience)
    if sent is None or sent.phone != form.phone.data:
        return None
    waiting = CodeForm(formdata=None)
    waiting.form_errors.extend(form.form_errors)
    return waiting


def redeem(form: CodeForm, sent: Sent) -> Account | None:
    """The account whose code was typed; None, with the reason in the form, when it is wrong or late."""
    return attempted(
        form,
        sent,
        lambda: signing_in.try_code(sent.phone, Audience(sent.audience), form.code.data).account_or_raise(),
    )


def attempted(form: CodeForm, sent: Sent, work: Callable[[], T]) -> T | None:
    """What `work` makes of the typed code; None, with the reason in the form, when it raises that it is wrong or late.

    Wrong codes are counted.
    """
    try:
        return signing_in.counted(sent.phone, work)
    except TooManyAttempts as refusal:
        form.form_errors.append(too_many_tries(refusal))
    except CodeExpired as refusal:
        form.refuse({"code": gettext(refusal.message)})
    except InvalidCode:
        counted = replace(sent, wrong_tries=sent.wrong_tries + 1)
        session[KEY] = asdict(counted)
        form.refuse({"code": _tries_left(counted)})
    return None


def _tries_left(sent: Sent) -> str:
    left = MOST_WRONG_TRIES - sent.wrong_tries
    if left <= 0:
        return str(gettext("That code was wrong too many times. Please ask for a new one."))
    return str(
        ngettext(
            "That code is not right. You have %(num)s more try.",
            "That code is not right. You have %(num)s more tries.",
            left,
        )
    )


def wait_words(seconds: int) -> str:
    """When another try makes sense."""
    if seconds <= 60:
        return str(ngettext("Please wait %(num)s second.", "Please wait %(num)s seconds.", seconds))
    minutes = -(-seconds // 60)
    return str(
        ngettext("Please try again in %(num)s minute.", "Please try again in %(num)s minutes.", minutes)
    )


def too_many_tries(refusal: TooManyAttempts) -> str:
    return str(gettext("That was wrong too often. %(wait)s", wait=wait_words(refusal.retry_after_seconds)))
