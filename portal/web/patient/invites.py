"""A visit as a file for the patient's own calendar."""

from flask import Response, g

from portal.appointments import queries
from portal.bootstrap import db
from portal.calendars.wording import Recipient
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.calendars import invite_of
from portal.web.calendar_files import calendar_file
from portal.web.patient import bp


@bp.get("/appointments/<int:appointment_id>/invite.ics")
@requires(Permission.APPOINTMENT_BOOK_OWN)
def invite(appointment_id: int) -> Response:
    """A cancelled one takes the visit out of the calendar again."""
    appointment = queries.get_visible(db.session, g.actor, appointment_id)
    return calendar_file(invite_of(appointment, Recipient.PATIENT))
