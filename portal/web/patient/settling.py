"""Settling one's own visit, booked already, with credits or the subscription."""

from flask import Response, flash, g
from flask_babel import gettext

from portal.appointments import queries
from portal.bootstrap import db
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.tills import count_payment_write
from portal.web.own_ways import CHANGED_MEANWHILE, settle_with
from portal.web.patient import bp
from portal.web.rendering import redirect_to


@bp.post("/appointments/<int:appointment_id>/settlement/<any(credits, subscription):means>")
@requires(Permission.PAYMENT_OWN)
def settle(appointment_id: int, means: str) -> Response:
    """What is settled already stays as it is: to press twice does no harm."""
    visit = queries.get_visible(db.session, g.actor, appointment_id)
    count_payment_write()
    try:
        in_transaction(db.session, lambda: settle_with(means, visit))
    except CHANGED_MEANWHILE as refusal:
        flash(gettext(refusal.message), "danger")
    else:
        flash(gettext("That is settled: there is nothing more to pay."), "success")
    return redirect_to("patient.appointment", appointment_id=appointment_id)
