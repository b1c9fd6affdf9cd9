"""Paying for one's own visit that is booked already."""

from flask import Response, g, url_for

from portal.appointments import queries
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.tills import count_payment_write, practice
from portal.payments import starting
from portal.payments.errors import AlreadyPaid, ProviderNotConfigured
from portal.payments.requiring import ways_to_pay
from portal.web.patient import bp
from portal.web.paying import to_provider
from portal.web.rendering import redirect_to


@bp.post("/appointments/<int:appointment_id>/payment")
@requires(Permission.PAYMENT_OWN)
def pay(appointment_id: int) -> Response:
    """On to the provider's page. What is paid already stays as it is: to press twice does no harm."""
    visit = queries.get_visible(db.session, g.actor, appointment_id)
    if not ways_to_pay(practice(), visit, by=g.actor).online:
        raise ProviderNotConfigured
    count_payment_write()
    facts = {"practice": practice(), "by": g.actor, "at": clock.now()}
    try:
        payment = in_transaction(db.session, lambda: starting.open_payment(db.session, visit, **facts))
    except AlreadyPaid:
        return redirect_to("patient.appointment", appointment_id=appointment_id)
    return to_provider(payment, otherwise=url_for("patient.appointment", appointment_id=appointment_id))
