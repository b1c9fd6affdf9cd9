"""Accounts of colleagues: made, corrected, switched on and off, deleted."""

from flask import Response, g, request
from flask_babel import gettext

from portal.accounts import commands
from portal.accounts.models import Account
from portal.accounts.queries import get_visible_staff
from portal.bootstrap import db
from portal.centres.queries import visible_centres
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web.admin import bp
from portal.web.admin.saving import saved
from portal.web.admin.staff_form import StaffForm
from portal.web.rendering import changed, page


@bp.route("/staff/new", methods=["GET", "POST"])
@requires(Permission.STAFF_CREATE)
def new_colleague() -> Response:
    """Make an account for a colleague, of a role that is this person's to give."""
    form = StaffForm.of(g.actor, visible_centres(db.session, g.actor))
    made: list[Account] = []

    def hire() -> None:
        password = form.password.data
        made.append(
            commands.create_staff(db.session, by=g.actor, password=password, at=clock.now(), **form.values)
        )

    if request.method == "POST" and form.validate() and saved(form, hire):
        message = gettext("%(name)s can sign in now.", name=made[-1].full_name)
        return changed(then="admin.colleague", values={"account_id": made[-1].id}, message=message)
    return _form(form, None)


@bp.route("/staff/<int:account_id>/edit", methods=["GET", "POST"])
@requires(Permission.STAFF_EDIT)
def edit_colleague(account_id: int) -> Response:
    """Correct an account; the role may change as well, but not one's own."""
    account = get_visible_staff(db.session, g.actor, account_id)
    form = StaffForm.of(g.actor, visible_centres(db.session, g.actor), account)

    def save() -> Account:
        return commands.edit_staff(db.session, account, by=g.actor, at=clock.now(), **form.values)

    if request.method == "POST" and form.validate() and saved(form, save):
        return changed(then="admin.colleague", values={"account_id": account_id}, message=gettext("Saved."))
    return _form(form, account)


@bp.post("/staff/<int:account_id>/activation")
@requires(Permission.STAFF_SWITCH)
def colleague_activation(account_id: int) -> Response:
    """Switch an account on, or off, which ends all its sign-ins at once."""
    account = get_visible_staff(db.session, g.actor, account_id)
    is_active = request.form.get("is_active") == "yes"
    in_transaction(
        db.session,
        lambda: commands.set_staff_active(
            db.session, account, by=g.actor, is_active=is_active, at=clock.now()
        ),
    )
    message = gettext("Switched on.") if is_active else gettext("Switched off, and signed out everywhere.")
    return changed(then="admin.colleague", values={"account_id": account_id}, message=message)


@bp.route("/staff/<int:account_id>/deletion", methods=["GET", "POST"])
@requires(Permission.STAFF_EDIT)
def colleague_deletion(account_id: int) -> Response:
    """Remove an account for good, after saying what that means."""
    account = get_visible_staff(db.session, g.actor, account_id)
    if request.method == "GET":
        return page("admin/staff/deletion.html", colleague=account)
    in_transaction(db.session, lambda: commands.delete_staff(db.session, account, by=g.actor, at=clock.now()))
    return changed(then="admin.staff", message=gettext("%(name)s is deleted.", name=account.full_name))


def _form(form: StaffForm, account: Account | None) -> Response:
    return page("admin/staff/form.html", form=form, colleague=account, status=422 if form.errors else 200)
