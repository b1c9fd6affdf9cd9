"""The day of the visit: the patient is here, the session has begun; and neither, where that was said by mistake."""

from collections.abc import Callable

from flask import Blueprint

from portal.api.v1.appointments import detail, fresh, seen
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.appointments import AppointmentDetail
from portal.api.v1.representations.base import Answer
from portal.appointments import commands
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Forbidden
from portal.core.permissions import Permission, Role

bp = Blueprint("api_appointment_presence", __name__, url_prefix="/appointments/<int:appointment_id>")


@bp.put("/arrival")
@endpoint("BKG-09", Answer[AppointmentDetail], Permission.APPOINTMENT_ARRIVE, is_write=True)
def arrive(appointment_id: int) -> AppointmentDetail:
    """The patient is here; possible on the day of the visit. Saying it twice changes nothing."""
    return _change(appointment_id, commands.mark_arrived)


@bp.delete("/arrival")
@endpoint("BKG-09", Answer[AppointmentDetail], Permission.APPOINTMENT_ARRIVE, is_write=True)
def take_back_arrival(appointment_id: int) -> AppointmentDetail:
    """The patient is not here after all; possible until the session begins."""
    return _change(appointment_id, commands.take_back_arrival)


@bp.put("/start")
@endpoint("BKG-09", Answer[AppointmentDetail], Permission.APPOINTMENT_SET_STATUS, is_write=True)
def start(appointment_id: int) -> AppointmentDetail:
    """The session begins, at most an hour before its time; whoever is in it has arrived."""
    return _change(appointment_id, commands.start)


@bp.delete("/start")
@endpoint("BKG-09", Answer[AppointmentDetail], Permission.APPOINTMENT_SET_STATUS, is_write=True)
def take_back_start(appointment_id: int) -> AppointmentDetail:
    """The session has not begun: the patient waits again."""
    return _change(appointment_id, commands.take_back_start)


def _change(appointment_id: int, command: Callable[..., None]) -> AppointmentDetail:
    """Raises Forbidden for a clinician who is the patient of this visit."""
    appointment, actor = seen(appointment_id)
    if actor.role is Role.PATIENT:
        raise Forbidden
    command(db.session, appointment, by=actor, at=clock.now())
    return detail(fresh(appointment), actor)
