"""Moving an appointment for its patient."""

from flask import Response

from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web.rescheduling import rescheduling_page
from portal.web.staff import bp
from portal.web.staff.appointments import find


@bp.route("/appointments/<int:appointment_id>/rescheduling", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_RESCHEDULE)
def rescheduling(appointment_id: int) -> Response:
    return rescheduling_page(
        "staff/appointments/rescheduling.html", "staff.appointment", find(appointment_id)
    )
