"""Changing one's password, or choosing a first one: it ends the sign-ins on all other devices."""

from typing import Any

from flask import Response, flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from wtforms import PasswordField

from portal.core.errors import Invalid, TooManyAttempts
from portal.core.permissions import Permission
from portal.delivery import signing_in
from portal.delivery.access import requires
from portal.web.account import bp
from portal.web.account.devices import tabs
from portal.web.admin.saving import refuse
from portal.web.forms import Form, Required
from portal.web.public.codes import too_many_tries
from portal.web.public.passwords import POLICY, check_new_password
from portal.web.rendering import page, redirect_to


class ChangeForm(Form):
    """Without `current_password` for those who have signed in by code only until now."""

    current_password = PasswordField(_("Present password"), [Required(_("Enter your present password"))])
    new_password = PasswordField(_("New password"), [Required(_("Enter a new password"))], description=POLICY)

    def validate_new_password(self, field: Any) -> None:
        check_new_password(field)


@bp.route("/password", methods=["GET", "POST"])
@requires(Permission.SESSION_OWN)
def password() -> Response:
    form, account = ChangeForm(), current_user.account
    is_first = account.password_hash is None
    if is_first:
        del form.current_password
    if request.method == "POST" and form.validate() and _changed(form):
        flash(gettext("Your password is saved. Other devices are signed out."), "success")
        return redirect_to("account.password")
    return page(
        "account/password.html",
        form=form,
        is_first=is_first,
        tabs=tabs("account.password"),
        status=422 if form.errors else 200,
    )


def _changed(form: ChangeForm) -> bool:
    """False, with the reason in the form, when it could not be. Wrong passwords are counted."""
    try:
        signing_in.change_password(
            current_user.account,
            current=form.current_password.data if form.current_password else "",
            new=form.new_password.data,
            by=g.person,
            keep_device_id=current_user.device_id,
        )
    except TooManyAttempts as refusal:
        form.form_errors.append(too_many_tries(refusal))
    except Invalid as refusal:
        refuse(form, refusal)
    else:
        return True
    return False
