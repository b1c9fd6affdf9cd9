"""A forgotten password: a link by mail, and a new one."""

from typing import Any

from flask import Blueprint, Response, flash, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import PasswordField

from portal.accounts.errors import LinkExpired, LinkInvalid
from portal.delivery import signing_up
from portal.delivery.access import public
from portal.web import sessions
from portal.web.forms import Form, Required
from portal.web.public.mail_links import (
    EmailForm,
    ask_for_mail,
    forget_token,
    keep_token,
    kept_token,
    sent_to,
    status_of,
)
from portal.web.public.passwords import POLICY, check_new_password
from portal.web.public.verify_email import to_sign_in
from portal.web.rendering import page, redirect_to

bp = Blueprint("password_reset", __name__)
KEY = "reset_token"


class NewPasswordForm(Form):
    password = PasswordField(_("New password"), [Required(_("Enter a password"))], description=POLICY)

    def validate_password(self, field: Any) -> None:
        check_new_password(field)


@bp.route("/forgot-password", methods=["GET", "POST"])
@public
def forgotten() -> Response:
    """The answer does not tell whether there is such an account."""
    form = EmailForm()
    if request.method == "POST" and form.validate() and ask_for_mail(form, signing_up.request_reset):
        return redirect_to("password_reset.sent")
    return page("password_reset/forgotten.html", form=form, status=status_of(form))


@bp.get("/forgot-password/sent")
@public
def sent() -> Response:
    email = sent_to()
    return page("password_reset/sent.html", email=email) if email else redirect_to("password_reset.forgotten")


@bp.get("/reset-password/<string(maxlength=100):token>")
@public
def open_link(token: str) -> Response:
    keep_token(KEY, token)
    return redirect_to("password_reset.new")


@bp.get("/reset-password")
@public
def new() -> Response:
    if kept_token(KEY) is None:
        return redirect_to("password_reset.forgotten")
    return page("password_reset/new.html", form=NewPasswordForm(formdata=None))


@bp.post("/reset-password")
@public
def create() -> Response:
    """A password against the policy uses up no link."""
    token, form = kept_token(KEY), NewPasswordForm()
    if token is None:
        return redirect_to("password_reset.forgotten")
    if not form.validate():
        return page("password_reset/new.html", form=form, status=422)
    forget_token(KEY)
    try:
        account = signing_up.reset_password(token, form.password.data)
    except (LinkExpired, LinkInvalid) as refusal:
        return page("password_reset/over.html", is_late=isinstance(refusal, LinkExpired), status=400)
    sessions.sign_out()
    flash(gettext("Your password is changed. Sign in with the new one."), "success")
    return to_sign_in(account)
