"""Moving one's own appointment."""

from flask import Response, g

from portal.appointments import queries
from portal.bootstrap import db
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web.patient import bp
from portal.web.rescheduling import rescheduling_page


@bp.route("/appointments/<int:appointment_id>/rescheduling", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_BOOK_OWN)
def rescheduling(appointment_id: int) -> Response:
    appointment = queries.get_visible(db.session, g.actor, appointment_id)
    return rescheduling_page("patient/appointments/rescheduling.html", "patient.appointment", appointment)
