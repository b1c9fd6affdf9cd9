"""A visit is moved on the board: the other free times of its clinician on a day, from and to read back, then moved."""

from collections.abc import Sequence
from datetime import date

from flask import Response, flash, g, request, url_for
from flask_babel import gettext

from portal.appointments import commands
from portal.appointments.availability import Asking, Availability
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment
from portal.appointments.rules import check_reschedulable
from portal.appointments.slots import Slot, SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.scheduling.queries import booking_rules
from portal.web import arguments
from portal.web.desk import bp
from portal.web.filters import date_time
from portal.web.rendering import page, redirect_to_address
from portal.web.staff.appointments import find


@bp.route("/moves/<int:appointment_id>", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_RESCHEDULE)
def move(appointment_id: int) -> Response:
    """GET: the times of the day, or the chosen one to confirm. POST: move it and go back to the board."""
    appointment = find(appointment_id)
    rules = booking_rules(db.session, appointment.clinician_id)
    check_reschedulable(appointment, by=g.actor, at=clock.now(), deadline_hours=rules.deadline_hours)
    if request.method == "GET":
        return _show(appointment)
    key = SlotKey.parse(request.form.get("slot", ""))
    try:
        moved = in_transaction(
            db.session,
            lambda: commands.reschedule(db.session, appointment, key, by=g.actor, at=clock.now()),
        )
    except SlotTaken as refusal:
        return _show(appointment, refusal)
    flash(gettext("Moved to %(when)s.", when=date_time(moved.starts_at, moved.zone)), "success")
    return redirect_to_address(_board(moved))


def _show(appointment: Appointment, refusal: SlotTaken | None = None) -> Response:
    on = arguments.day("date") or clock.local_day(appointment.starts_at, appointment.zone)
    times = _times(appointment, on)
    wanted = "" if refusal else request.args.get("slot", "")
    later = next((slot for slot in times if slot.starts_at > appointment.starts_at), None)
    return page(
        "desk/move.html",
        fragment="desk/_move.html",
        status=refusal.status if refusal else 200,
        appointment=appointment,
        on=on,
        times=times,
        nearest=later or next(iter(times[-1:]), None),
        chosen=next((slot for slot in times if slot.id == wanted), None),
        is_gone=refusal is not None or (bool(wanted) and wanted not in {slot.id for slot in times}),
        refusal=refusal,
        back=_board(appointment),
    )


def _times(appointment: Appointment, on: date) -> Sequence[Slot]:
    """The free times of its clinician for its service on that date; its own time is not in the way, and left out."""
    patient = appointment.patient
    engaged = patient.resource_id if patient else None
    asking = Asking(clock.now(), is_staff=True, patient_resource_id=engaged, ignoring=appointment.id)
    free = Availability(
        db.session, [appointment.clinician], on, on, asking, centre_id=appointment.centre_id
    ).free(appointment.service)
    return [slot for slot in free if slot.starts_at != appointment.starts_at]


def _board(appointment: Appointment) -> str:
    """The board at that visit; for those without a board, the visit itself."""
    if not g.actor.may(Permission.DAY_BOARD_VIEW) or appointment.centre_id is None:
        return url_for("staff.appointment", appointment_id=appointment.id)
    on = clock.local_day(appointment.starts_at, appointment.zone)
    block = f"block-{appointment.id}"
    return url_for("desk.day", centre_id=appointment.centre_id, date=on, _anchor=block)
