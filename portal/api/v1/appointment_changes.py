"""What happens to an appointment: moved, cancelled, accepted, declined, completed, not come."""

from flask import Blueprint
from flask_babel import gettext

from portal.api.v1.appointments import ANYBODY, seen
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.appointments import (
    AppointmentDetail,
    Cancellation,
    Cancelled,
    Move,
    StatusChange,
    appointment_detail,
    cancelled,
)
from portal.api.v1.representations.base import Answer
from portal.api.v1.when import When, slot_key
from portal.appointments import commands
from portal.appointments.errors import InvalidStateTransition
from portal.appointments.models import Appointment, Status, Waiting
from portal.appointments.rules import CancellationOutcome
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Forbidden
from portal.core.permissions import Actor, Permission, Role
from portal.delivery import settings

bp = Blueprint("api_appointment_changes", __name__, url_prefix="/appointments/<int:appointment_id>")
CANCELLED = {
    CancellationOutcome.FREE: "Booking cancelled. It costs nothing.",
    CancellationOutcome.LATE: "Booking cancelled. No refund available.",
    CancellationOutcome.REQUEST: "We have your request to cancel. The centre will answer you.",
}


@bp.post("/reschedule")
@endpoint(
    "BKG-07",
    Answer[AppointmentDetail],
    Permission.APPOINTMENT_RESCHEDULE,
    Permission.APPOINTMENT_BOOK_OWN,
    is_write=True,
)
def reschedule(appointment_id: int, json: Move) -> AppointmentDetail:
    """Move it to another time of the same service; the old time is free again, or nothing changes."""
    appointment, actor = seen(appointment_id)
    key = _new_key(appointment, json)
    commands.reschedule(db.session, appointment, key, by=actor, at=clock.now(), reason=json.reason)
    return appointment_detail(_fresh(appointment), actor)


@bp.post("/cancel")
@endpoint("BKG-08", Answer[Cancelled], *ANYBODY, is_write=True)
def cancel(appointment_id: int, json: Cancellation) -> Answer[Cancelled]:
    """Cancel it. After the deadline the practice's rule for late cancellations holds for patients."""
    appointment, actor = seen(appointment_id)
    terms = commands.cancel(
        db.session,
        appointment,
        by=actor,
        at=clock.now(),
        late=settings().late_cancellation,
        reason=json.reason,
    )
    return Answer[Cancelled](
        data=cancelled(_fresh(appointment), actor), message=gettext(CANCELLED[terms.outcome])
    )


@bp.patch("/status")
@endpoint(
    "BKG-09",
    Answer[AppointmentDetail],
    Permission.APPOINTMENT_SET_STATUS,
    Permission.APPOINTMENT_BOOK_OWN,
    is_write=True,
)
def set_status(appointment_id: int, json: StatusChange) -> AppointmentDetail:
    """Accept (CONFIRMED), decline or cancel (CANCELLED), conclude (COMPLETED, NO_SHOW). Patients may only cancel."""
    appointment, actor = seen(appointment_id)
    if actor.role is Role.PATIENT and json.status != Status.CANCELLED:
        raise Forbidden
    _become(appointment, json.status, json.reason, actor)
    return appointment_detail(_fresh(appointment), actor)


def _new_key(appointment: Appointment, wanted: Move) -> SlotKey:
    """The clinician and service stay; so does the centre unless another one is said."""
    said = wanted.when()
    slot_id = wanted.new_slot_id or said.slot_id
    if slot_id:
        return slot_key(db.session, When(slot_id=slot_id))
    return slot_key(
        db.session,
        When(
            clinician_id=appointment.clinician_id,
            centre_id=said.centre_id or appointment.centre_id,
            service_id=appointment.service_id,
            day=said.day,
            wall_time=said.wall_time,
            start_at=said.start_at,
            end_at=said.end_at,
        ),
    )


def _become(appointment: Appointment, status: Status, reason: str, actor: Actor) -> None:
    at = clock.now()
    if status == Status.CONFIRMED:
        commands.accept(db.session, appointment, by=actor, at=at)
    elif status == Status.COMPLETED:
        commands.complete(db.session, appointment, by=actor, at=at)
    elif status == Status.NO_SHOW:
        commands.mark_no_show(db.session, appointment, by=actor, at=at)
    elif status == Status.CANCELLED and appointment.waiting_for == Waiting.ACCEPTANCE and actor.is_staff:
        commands.decline(db.session, appointment, by=actor, at=at, reason=reason)
    elif status == Status.CANCELLED:
        late = settings().late_cancellation
        commands.cancel(db.session, appointment, by=actor, at=at, late=late, reason=reason)
    else:
        raise InvalidStateTransition


def _fresh(appointment: Appointment) -> Appointment:
    """With the line of history that was just written."""
    db.session.flush()
    db.session.expire(appointment, ["history"])
    return appointment
