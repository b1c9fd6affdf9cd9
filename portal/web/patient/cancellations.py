"""Cancelling one's own appointment: first what it will cost, then the button."""

from flask import Response, g

from portal.appointments import queries
from portal.bootstrap import db
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web.own_cancelling import cancellation_page
from portal.web.patient import bp


@bp.route("/appointments/<int:appointment_id>/cancellation", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_BOOK_OWN)
def cancellation(appointment_id: int) -> Response:
    appointment = queries.get_visible(db.session, g.actor, appointment_id)
    return cancellation_page(
        "patient/appointments/cancellation.html",
        "patient.appointment",
        appointment,
        by=g.actor,
        appointment_id=appointment_id,
    )
