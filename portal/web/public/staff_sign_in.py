"""Staff sign in with a password, or with a code sent to their phone."""

from flask import Blueprint, Response, g, url_for
from flask_babel import gettext

from portal.accounts.models import Audience
from portal.delivery import settings
from portal.delivery.access import public
from portal.web import navigation
from portal.web.public.codes import CodeForm, PhoneForm, code_sent_before, redeem, send, sent_code
from portal.web.public.passwords import PasswordForm, checked
from portal.web.public.sign_in import enter, next_address
from portal.web.rendering import page, redirect_to, redirect_to_address

bp = Blueprint("staff_sign_in", __name__, url_prefix="/staff/sign-in")
AUDIENCE = Audience.STAFF


@bp.get("")
@public
def new() -> Response:
    if g.actor.is_signed_in:
        return redirect_to_address(next_address() or navigation.home_for(g.actor))
    return _password_page(PasswordForm())


@bp.post("")
@public
def create() -> Response:
    """One answer for an unknown name, a wrong password and an account that is switched off."""
    form = PasswordForm()
    account = checked(form) if form.validate() else None
    return enter(account) if account else _password_page(form, status=422)


@bp.get("/phone")
@public
def phone() -> Response:
    return _phone_page(PhoneForm())


@bp.post("/phone")
@public
def send_code() -> Response:
    """Neutral: whoever has no account is told the same, and gets nothing."""
    form = PhoneForm()
    if not form.validate():
        return _phone_page(form, status=422)
    if not send(form, AUDIENCE):
        before = code_sent_before(form, AUDIENCE)
        return _code_page(before, status=429) if before else _phone_page(form, status=429)
    return redirect_to("staff_sign_in.code", next=next_address())


@bp.get("/code")
@public
def code() -> Response:
    return _code_page(CodeForm())


@bp.post("/code")
@public
def redeem_code() -> Response:
    form, sent = CodeForm(), sent_code(AUDIENCE)
    if sent is None:
        return redirect_to("staff_sign_in.phone", next=next_address())
    account = redeem(form, sent) if form.validate() else None
    if account is None:
        return _code_page(form, status=422)
    return enter(account)


def _password_page(form: PasswordForm, status: int = 200) -> Response:
    return page(
        "sign_in/password.html",
        form=form,
        next=next_address(),
        door="staff",
        title=gettext("Staff sign-in"),
        lead=gettext("For people who work here."),
        action=url_for("staff_sign_in.create"),
        status=status,
    )


def _phone_page(form: PhoneForm, status: int = 200) -> Response:
    return page(
        "sign_in/phone.html",
        form=form,
        next=next_address(),
        title=gettext("Staff sign-in with a code"),
        lead=gettext("We send a code by text message to the phone of your account."),
        action=url_for("staff_sign_in.send_code"),
        is_staff=True,
        status=status,
    )


def _code_page(form: CodeForm, status: int = 200) -> Response:
    sent = sent_code(AUDIENCE)
    if sent is None:
        return redirect_to("staff_sign_in.phone", next=next_address())
    return page(
        "sign_in/code.html",
        form=form,
        sent=sent,
        minutes=settings().code_minutes,
        next=next_address(),
        action=url_for("staff_sign_in.redeem_code"),
        resend_action=url_for("staff_sign_in.send_code"),
        back_address=url_for("staff_sign_in.phone", next=next_address()),
        is_staff=True,
        status=status,
    )
