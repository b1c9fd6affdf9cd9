"""An appointment as a file for calendars."""

from flask import Blueprint

from portal.api.v1.appointments import READ, seen
from portal.api.v1.endpoint import endpoint
from portal.api.v1.files import File
from portal.calendars.invitation import FILE_NAME, MIME_TYPE
from portal.calendars.wording import Recipient
from portal.core.permissions import Role
from portal.delivery.calendars import invite_of

bp = Blueprint("api_appointment_invites", __name__, url_prefix="/appointments")


@bp.get("/<int:appointment_id>/invite.ics")
@endpoint("BKG-13", File(MIME_TYPE, FILE_NAME), *READ, is_cacheable=True)
def show(appointment_id: int) -> bytes:
    """Download an appointment for a calendar (RFC 5545); a cancelled one asks the calendar to take it out again.

    Those who work here get the patient's initials and nothing else of them.
    """
    appointment, actor = seen(appointment_id)
    return invite_of(appointment, Recipient.PATIENT if actor.role is Role.PATIENT else Recipient.CLINICIAN)
