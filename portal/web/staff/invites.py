"""A visit as a file for the calendars of those who work with it."""

from flask import Response

from portal.calendars.wording import Recipient
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.calendars import invite_of
from portal.web.calendar_files import calendar_file
from portal.web.staff import bp
from portal.web.staff.appointments import find


@bp.get("/appointments/<int:appointment_id>/invite.ics")
@requires(Permission.APPOINTMENT_VIEW)
def invite(appointment_id: int) -> Response:
    """It says nothing of the patient but initials, so that it is no look at a record for the audit."""
    return calendar_file(invite_of(find(appointment_id), Recipient.CLINICIAN))
