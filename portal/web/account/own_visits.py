"""Clinicians see colleagues as patients do: their record as a patient is opened when they first want it."""

from flask import Response, g, request
from flask_babel import gettext
from flask_login import current_user

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people import own_records
from portal.web.access import safe_next
from portal.web.account import bp
from portal.web.navigation import PATIENTS_HOME
from portal.web.rendering import page, redirect_to, redirect_to_address


@bp.route("/own-visits", methods=["GET", "POST"])
@requires(Permission.DAY_SCHEDULE_OWN)
def own_visits() -> Response:
    """Say what it means, once; from then on this leads to the visits."""
    back = safe_next(request.values.get("next"))
    if g.actor.patient_id is None and request.method == "GET":
        return page("account/own_visits.html", next=back)
    try:
        _open()
    except Invalid as refusal:
        problems = [gettext(message) for message in refusal.details.values()]
        return page("account/own_visits.html", next=back, problems=problems, status=422)
    return redirect_to_address(back) if back else redirect_to(PATIENTS_HOME)


def _open() -> None:
    if g.actor.patient_id is None:
        account, at = current_user.account, clock.now()
        in_transaction(db.session, lambda: own_records.open_own_record(db.session, account, at=at))
