"""Whether those who work here get news by mail, and that the address is theirs."""

from flask import Response, flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from wtforms import BooleanField

from portal.bootstrap import db
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery import signing_up
from portal.delivery.access import requires
from portal.notifications.preferences import choose_mail
from portal.web.account import bp
from portal.web.account.devices import tabs
from portal.web.forms import Form
from portal.web.rendering import page, redirect_to


class MailForm(Form):
    wants_mail = BooleanField(
        _("News by mail"),
        description=_("Bookings, requests, changes and messages. You find them in the portal in any case."),
    )


@bp.route("/mail", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_VIEW)
def mail() -> Response:
    form = MailForm(data={"wants_mail": current_user.account.wants_mail})
    if request.method == "POST" and form.validate():
        wants_mail, account_id = form.wants_mail.data, g.person.account_id
        in_transaction(db.session, lambda: choose_mail(db.session, account_id, wants_mail=wants_mail))
        flash(gettext("Saved."), "success")
        return redirect_to("account.mail")
    return page(
        "account/mail.html",
        form=form,
        account=current_user.account,
        tabs=tabs("account.mail"),
        status=422 if form.errors else 200,
    )


@bp.post("/mail/confirmation")
@requires(Permission.APPOINTMENT_VIEW)
def mail_confirmation() -> Response:
    """Send a link to the address that the practice has given the account."""
    signing_up.confirm_email(current_user.account)
    flash(gettext("We have sent you a mail. Open the link in it, and the address is confirmed."), "success")
    return redirect_to("account.mail")
