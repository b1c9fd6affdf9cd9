"""Signing up with an email address and a password, as a patient or as a clinician.

Whether the address is known already is told to nobody but its owner, by mail.
"""

from typing import Any

from flask import Blueprint, Response, g, request
from flask_babel import lazy_gettext as _
from wtforms import PasswordField

from portal.core.errors import Duplicate, Invalid, TooManyAttempts
from portal.core.permissions import Role
from portal.delivery import signing_up
from portal.delivery.access import public
from portal.web import navigation
from portal.web.admin.saving import refuse
from portal.web.forms import Form, Required, TextField
from portal.web.public.codes import check_name, wait_words
from portal.web.public.mail_links import check_email, note_sent, sent_to, status_of
from portal.web.public.passwords import POLICY, check_new_password
from portal.web.rendering import page, redirect_to, redirect_to_address

bp = Blueprint("sign_up", __name__, url_prefix="/sign-up")


class SignUpForm(Form):
    full_name = TextField(_("Full name"), [Required(_("Enter your full name"))], longest=100)
    email = TextField(_("Email address"), [Required(_("Enter your email address"))])
    password = PasswordField(_("Password"), [Required(_("Enter a password"))], description=POLICY)

    def validate_full_name(self, field: Any) -> None:
        check_name(field)

    def validate_email(self, field: Any) -> None:
        check_email(field)

    def validate_password(self, field: Any) -> None:
        check_new_password(field)


class ClinicianSignUpForm(SignUpForm):
    username = TextField(_("Username"), description=_("A shorter name to sign in with."))


@bp.route("", methods=["GET", "POST"])
@public
def patient() -> Response:
    return _sign_up(SignUpForm(), Role.PATIENT, "sign_up/patient.html")


@bp.route("/clinician", methods=["GET", "POST"])
@public
def clinician() -> Response:
    return _sign_up(ClinicianSignUpForm(), Role.CLINICIAN, "sign_up/clinician.html")


@bp.get("/sent")
@public
def sent() -> Response:
    """The same whether the address was known or not."""
    email = sent_to()
    return page("sign_up/sent.html", email=email) if email else redirect_to("sign_up.patient")


def _sign_up(form: SignUpForm, role: Role, template: str) -> Response:
    if g.actor.is_signed_in:
        return redirect_to_address(navigation.home_for(g.actor))
    if request.method == "GET" or not form.validate() or not _signed_up(form, role):
        return page(template, form=form, status=status_of(form))
    note_sent(form.email.data)
    return redirect_to("sign_up.sent")


def _signed_up(form: SignUpForm, role: Role) -> bool:
    """False, with the reason in the form, when a field cannot be used or this was tried too often."""
    username = form["username"].data if "username" in form else None
    try:
        signing_up.sign_up(
            role=role,
            full_name=form.full_name.data,
            email=form.email.data,
            password=form.password.data,
            username=username or None,
        )
    except (Invalid, Duplicate) as refusal:
        refuse(form, refusal)
    except TooManyAttempts as refusal:
        form.form_errors.append(wait_words(refusal.retry_after_seconds))
    else:
        return True
    return False
