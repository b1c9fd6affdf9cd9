"""Confirming an email address with the link that was sent to it."""

from flask import Blueprint, Response, flash, g, request
from flask_babel import gettext

from portal.accounts import sign_up as accounts
from portal.accounts.errors import LinkExpired, LinkInvalid
from portal.accounts.models import Account, Audience
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.delivery import signing_up
from portal.delivery.access import public
from portal.web.public.mail_links import (
    EmailForm,
    ask_for_mail,
    forget_token,
    keep_token,
    kept_token,
    status_of,
)
from portal.web.rendering import page, redirect_to

bp = Blueprint("verify_email", __name__, url_prefix="/verify-email")
KEY = "verify_token"


@bp.get("/<string(maxlength=100):token>")
@public
def open_link(token: str) -> Response:
    keep_token(KEY, token)
    return redirect_to("verify_email.new")


@bp.get("")
@public
def new() -> Response:
    """One button, for people to press."""
    return page("sign_up/verify.html") if kept_token(KEY) else redirect_to("verify_email.again")


@bp.post("")
@public
def create() -> Response:
    token = kept_token(KEY)
    if token is None:
        return redirect_to("verify_email.again")
    forget_token(KEY)
    try:
        account = _verified(token)
    except (LinkExpired, LinkInvalid) as refusal:
        is_late = isinstance(refusal, LinkExpired)
        return page(
            "sign_up/again.html", form=EmailForm(formdata=None), is_over=True, is_late=is_late, status=400
        )
    flash(gettext("Thank you, your email address is confirmed."), "success")
    return to_sign_in(account)


@bp.route("/again", methods=["GET", "POST"])
@public
def again() -> Response:
    """Send a new link; the answer does not tell whether there is such an account."""
    form = EmailForm()
    if request.method == "POST" and form.validate() and ask_for_mail(form, signing_up.resend_verification):
        return redirect_to("sign_up.sent")
    return page("sign_up/again.html", form=form, is_over=False, status=status_of(form))


def to_sign_in(account: Account) -> Response:
    """Whoever is signed in goes on; the others are led to the sign-in that is theirs."""
    if g.actor.is_signed_in:
        return redirect_to("account.waiting")
    is_staff = account.audience is Audience.STAFF
    return redirect_to("staff_sign_in.new" if is_staff else "sign_in.password")


def _verified(token: str) -> Account:
    return in_transaction(db.session, lambda: accounts.verify_email(db.session, token, at=clock.now()))
