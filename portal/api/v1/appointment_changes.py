"""What happens to an appointment: moved, cancelled, accepted, declined, completed, not come."""

from dataclasses import replace

from flask import Blueprint
from flask_babel import gettext

from portal.api.v1.appointments import detail, fresh, seen
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.appointment_bodies import Cancellation, Move, StatusChange
from portal.api.v1.representations.appointments import AppointmentDetail, Cancelled, cancelled
from portal.api.v1.representations.base import Answer
from portal.api.v1.when import slot_key
from portal.appointments import commands
from portal.appointments.errors import InvalidStateTransition, NotBookable
from portal.appointments.models import Appointment, Status, Waiting
from portal.appointments.rules import CancellationOutcome
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Forbidden, Invalid, NotFound, _
from portal.core.permissions import Actor, Permission, Role
from portal.delivery import settings
from portal.payments import cancelling
from portal.payments.queries import account_of

bp = Blueprint("api_appointment_changes", __name__, url_prefix="/appointments/<int:appointment_id>")
MOVE = (Permission.APPOINTMENT_RESCHEDULE, Permission.APPOINTMENT_BOOK_OWN)
CANCEL = (Permission.APPOINTMENT_CANCEL, Permission.APPOINTMENT_BOOK_OWN)
SET_STATUS = (Permission.APPOINTMENT_SET_STATUS, Permission.APPOINTMENT_BOOK_OWN)
CANCELLED = {
    CancellationOutcome.FREE: _("Booking cancelled. It costs nothing."),
    CancellationOutcome.LATE: _("Booking cancelled. No refund available."),
    CancellationOutcome.REQUEST: _("We have your request to cancel. The centre will answer you."),
}
FULLY_REFUNDED = _("Booking cancelled. Full refund will be processed.")
PARTLY_REFUNDED = _("Booking cancelled. Part of what was paid will be refunded.")


@bp.post("/reschedule")
@endpoint("BKG-07", Answer[AppointmentDetail], *MOVE, is_write=True)
def reschedule(appointment_id: int, json: Move) -> AppointmentDetail:
    """Move it to another time of the same service; the old time is free again, or nothing changes."""
    appointment, actor = seen(appointment_id)
    key = _new_key(appointment, json)
    around = json.override
    commands.reschedule(
        db.session,
        appointment,
        key,
        by=actor,
        at=clock.now(),
        reason=(around.reason if around else "") or json.reason,
        overriding=frozenset(around.rules if around else ()),
    )
    return detail(fresh(appointment), actor)


@bp.post("/cancel")
@endpoint("BKG-08", Answer[Cancelled], *CANCEL, is_write=True)
def cancel(appointment_id: int, json: Cancellation) -> Answer[Cancelled]:
    """Cancel it. After the deadline the practice's rule for late cancellations holds for patients.

    What is due of the money goes back in any case, whatever `requestRefund` says.
    """
    appointment, actor = seen(appointment_id)
    message = _cancel(appointment, json.reason, actor)
    account = account_of(db.session, appointment)
    given_back = cancelling.given_back(db.session, appointment)
    return Answer[Cancelled](data=cancelled(fresh(appointment), actor, account, given_back), message=message)


@bp.patch("/status")
@endpoint("BKG-09", Answer[AppointmentDetail], *SET_STATUS, is_write=True)
def set_status(appointment_id: int, json: StatusChange) -> Answer[AppointmentDetail]:
    """Accept (CONFIRMED), decline or cancel (CANCELLED), conclude (COMPLETED, NO_SHOW). Patients may only cancel."""
    appointment, actor = seen(appointment_id)
    if actor.role is Role.PATIENT and json.status != Status.CANCELLED:
        raise Forbidden
    message = _become(appointment, json.status, json.reason, actor)
    return Answer[AppointmentDetail](data=detail(fresh(appointment), actor), message=message)


def _new_key(appointment: Appointment, wanted: Move) -> SlotKey:
    """The clinician and the service stay; so does the centre unless another one is said."""
    said = wanted.when()
    said = replace(said, slot_id=wanted.new_slot_id or said.slot_id)
    if not said.slot_id:
        said = replace(
            said,
            clinician_id=said.clinician_id or appointment.clinician_id,
            centre_id=said.centre_id or appointment.centre_id,
            service_id=said.service_id or appointment.service_id,
        )
    try:
        return slot_key(db.session, said)
    except NotFound:
        # The clinician takes no bookings any more.
        raise NotBookable from None


def _cancel(appointment: Appointment, reason: str, actor: Actor) -> str:
    """Cancel, or ask to; what became of it in words."""
    _check_reason(actor, reason)
    late = settings().late_cancellation
    terms = commands.cancel(db.session, appointment, by=actor, at=clock.now(), late=late, reason=reason)
    return str(gettext(_became(appointment, terms.outcome)))


def _became(appointment: Appointment, outcome: CancellationOutcome) -> str:
    due = cancelling.given_back(db.session, appointment)
    if not due.back_minor:
        return CANCELLED[outcome]
    return PARTLY_REFUNDED if due.kept_minor else FULLY_REFUNDED


def _become(appointment: Appointment, status: Status, reason: str, actor: Actor) -> str | None:
    at = clock.now()
    if status == Status.CANCELLED:
        if appointment.waiting_for != Waiting.ACCEPTANCE or not actor.is_staff:
            return _cancel(appointment, reason, actor)
        _check_reason(actor, reason)
        commands.decline(db.session, appointment, by=actor, at=at, reason=reason)
    elif status == Status.CONFIRMED:
        commands.accept(db.session, appointment, by=actor, at=at)
    elif status == Status.COMPLETED:
        commands.complete(db.session, appointment, by=actor, at=at)
    elif status == Status.NO_SHOW:
        commands.mark_no_show(db.session, appointment, by=actor, at=at)
    else:
        raise InvalidStateTransition
    return None


def _check_reason(actor: Actor, reason: str) -> None:
    """The patient reads why the practice cancels; patients need not say."""
    if actor.is_staff and not reason:
        raise Invalid(details={"reason": _("Say why, so that the patient can be told.")})
