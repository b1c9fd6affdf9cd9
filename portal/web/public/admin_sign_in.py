"""The door of those who run the practice or work at its desk. Clinicians and patients have doors of their own."""

from flask import Blueprint, Response, g, url_for
from flask_babel import gettext

from portal.accounts.models import Account
from portal.accounts.staff import STAFF_ROLES
from portal.delivery.access import public
from portal.web import navigation
from portal.web.public.passwords import PasswordForm, checked
from portal.web.public.sign_in import enter, next_address
from portal.web.rendering import page, redirect_to_address

bp = Blueprint("admin_sign_in", __name__, url_prefix="/admin/sign-in")


@bp.get("")
@public
def new() -> Response:
    if g.actor.is_signed_in:
        return redirect_to_address(next_address() or navigation.home_for(g.actor))
    return _page(PasswordForm())


@bp.post("")
@public
def create() -> Response:
    """One answer for whoever is none of them, and for a wrong password."""
    form = PasswordForm()
    account = checked(form, may_enter=_runs_the_practice) if form.validate() else None
    return enter(account) if account else _page(form, status=422)


def _runs_the_practice(account: Account) -> bool:
    return account.role_name in STAFF_ROLES


def _page(form: PasswordForm, status: int = 200) -> Response:
    return page(
        "sign_in/password.html",
        form=form,
        next=next_address(),
        door="admin",
        title=gettext("Practice sign-in"),
        lead=gettext("For those who run the practice or work at its desk."),
        action=url_for("admin_sign_in.create"),
        status=status,
    )
