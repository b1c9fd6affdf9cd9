"""Signing in with a password: the same try for patients, for colleagues and for those who run the practice."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import PasswordField
from wtforms.validators import ValidationError

from portal.accounts.errors import InvalidCredentials
from portal.accounts.models import Account
from portal.accounts.passwords import check_policy
from portal.core.errors import Invalid, TooManyAttempts
from portal.delivery import signing_in
from portal.web.forms import Form, Required, TextField
from portal.web.public.codes import too_many_tries

POLICY = _("8 characters or more, with upper and lower case letters, a number and a special character.")


class PasswordForm(Form):
    identifier = TextField(
        _("Username, email or phone"), [Required(_("Enter your username, email address or phone"))]
    )
    password = PasswordField(_("Password"), [Required(_("Enter your password"))])


def checked(
    form: PasswordForm, *, may_enter: Callable[[Account], bool] = lambda _account: True
) -> Account | None:
    """The account; None, with the reason in the form, when the sign-in is not right or was tried too often."""
    try:
        return signing_in.check_password(form.identifier.data, form.password.data, may_enter=may_enter)
    except TooManyAttempts as refusal:
        form.form_errors.append(too_many_tries(refusal))
    except InvalidCredentials as refusal:
        form.form_errors.append(gettext(refusal.message))
    return None


def check_new_password(field: Any) -> None:
    """For WTForms: refuse a password that is against the policy."""
    try:
        check_policy(field.data or "")
    except Invalid as refusal:
        raise ValidationError(gettext(refusal.details["password"])) from None
