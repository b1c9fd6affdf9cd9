"""Moving an appointment for its patient."""

from flask import Response, g

from portal.appointments import queries
from portal.bootstrap import db
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.rescheduling import rescheduling_page
from portal.web.staff import bp


@bp.route("/appointments/<int:appointment_id>/rescheduling", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_RESCHEDULE)
def rescheduling(appointment_id: int) -> Response:
    appointment = queries.get_visible(db.session, g.actor, appointment_id)
    return rescheduling_page("staff/appointments/rescheduling.html", "staff.appointment", appointment)
