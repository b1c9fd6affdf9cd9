"""Patients sign in with a code sent to their phone; a phone that is new signs up. Or with a password."""

from typing import Any

from flask import Blueprint, Response, flash, g, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.accounts.models import Account, Audience
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import public, requires
from portal.people.commands import edit_own_profile
from portal.people.queries import get_visible_patient
from portal.web import navigation, sessions
from portal.web.access import safe_next
from portal.web.forms import Form, Required, TextField
from portal.web.public.codes import CodeForm, PhoneForm, check_name, code_sent_before, redeem, send, sent_code
from portal.web.public.passwords import PasswordForm, checked
from portal.web.rendering import page, redirect_to, redirect_to_address

bp = Blueprint("sign_in", __name__)
AUDIENCE = Audience.PATIENT


class NameForm(Form):
    full_name = TextField(_("Full name"), [Required(_("Enter your full name"))], longest=100)

    def validate_full_name(self, field: Any) -> None:
        check_name(field)


@bp.get("/sign-in")
@public
def new() -> Response:
    if g.actor.is_signed_in:
        return redirect_to_address(next_address() or navigation.home_for(g.actor))
    return _phone_page(PhoneForm())


@bp.post("/sign-in")
@public
def send_code() -> Response:
    """Neutral: the answer is the same for a phone we know and one we do not."""
    form = PhoneForm()
    if not form.validate():
        return _phone_page(form, status=422)
    if not send(form, AUDIENCE):
        before = code_sent_before(form, AUDIENCE)
        return _code_page(before, status=429) if before else _phone_page(form, status=429)
    return redirect_to("sign_in.code", next=next_address())


@bp.get("/sign-in/code")
@public
def code() -> Response:
    return _code_page(CodeForm())


@bp.post("/sign-in/code")
@public
def redeem_code() -> Response:
    form, sent = CodeForm(), sent_code(AUDIENCE)
    if sent is None:
        return redirect_to("sign_in.new", next=next_address())
    account = redeem(form, sent) if form.validate() else None
    if account is None:
        return _code_page(form, status=422)
    sessions.sign_in(account)
    if not account.full_name:
        return redirect_to("sign_in.name", next=next_address())
    return redirect_to_address(next_address() or navigation.home_for(g.actor))


@bp.get("/sign-in/password")
@public
def password() -> Response:
    if g.actor.is_signed_in:
        return redirect_to_address(next_address() or navigation.home_for(g.actor))
    return _password_page(PasswordForm())


@bp.post("/sign-in/password")
@public
def check_password() -> Response:
    """For patients who have chosen a password; one answer for all that is not right."""
    form = PasswordForm()
    account = checked(form) if form.validate() else None
    return enter(account) if account else _password_page(form, status=422)


@bp.route("/sign-in/name", methods=["GET", "POST"])
@requires(Permission.PATIENT_PROFILE_OWN)
def name() -> Response:
    """Whoever signs in with a new phone says who they are."""
    form = NameForm()
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        return page("sign_in/name.html", form=form, next=next_address(), status=status)
    in_transaction(db.session, lambda: _save_name(form.full_name.data))
    return redirect_to_address(next_address() or navigation.home_for(g.actor))


@bp.post("/sign-out")
@public
def sign_out() -> Response:
    sessions.sign_out()
    flash(gettext("You are signed out."), "success")
    return redirect_to("public.home")


@bp.post("/sign-out-everywhere")
@public
def sign_out_everywhere() -> Response:
    sessions.sign_out_everywhere()
    flash(gettext("You are signed out on all your devices."), "success")
    return redirect_to("public.home")


def next_address() -> str | None:
    """Where to go afterwards: a page of this site, or None."""
    return safe_next(request.values.get("next"))


def enter(account: Account) -> Response:
    """Sign in and go where the visitor wanted to go, or home."""
    sessions.sign_in(account)
    return redirect_to_address(next_address() or navigation.home_for(g.actor))


def _phone_page(form: PhoneForm, status: int = 200) -> Response:
    return page(
        "sign_in/phone.html",
        form=form,
        next=next_address(),
        title=gettext("Sign in"),
        lead=gettext("We send a code to your phone. New here? The same code makes your account."),
        action=url_for("sign_in.send_code"),
        is_staff=False,
        status=status,
    )


def _password_page(form: PasswordForm, status: int = 200) -> Response:
    return page(
        "sign_in/password.html",
        form=form,
        next=next_address(),
        door="patient",
        title=gettext("Sign in with a password"),
        lead=gettext("For patients who have chosen a password."),
        action=url_for("sign_in.check_password"),
        status=status,
    )


def _code_page(form: CodeForm, status: int = 200) -> Response:
    sent = sent_code(AUDIENCE)
    if sent is None:
        return redirect_to("sign_in.new", next=next_address())
    return page(
        "sign_in/code.html",
        form=form,
        sent=sent,
        minutes=settings().code_minutes,
        next=next_address(),
        action=url_for("sign_in.redeem_code"),
        resend_action=url_for("sign_in.send_code"),
        back_address=url_for("sign_in.new", next=next_address()),
        is_staff=False,
        status=status,
    )


def _save_name(full_name: str) -> None:
    patient = get_visible_patient(db.session, g.actor, g.actor.patient_id)
    edit_own_profile(
        db.session,
        patient,
        by=g.actor,
        full_name=full_name,
        email=patient.email,
        date_of_birth=patient.date_of_birth,
        gender=patient.gender,
        blood_group=patient.blood_group,
        emergency_contact_name=patient.emergency_contact_name,
        emergency_contact_phone=patient.emergency_contact_phone,
        at=clock.now(),
    )
