"""A visit is moved on the board: the other free times of its clinician on a day, from and to read back, then moved."""

from collections.abc import Sequence
from datetime import date

from flask import Response, flash, g, request, url_for
from flask_babel import gettext

from portal.appointments.availability import Asking, Availability
from portal.appointments.models import Appointment
from portal.appointments.rules import check_reschedulable
from portal.appointments.slots import Slot, SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.scheduling.queries import booking_rules
from portal.web import arguments
from portal.web.desk import bp
from portal.web.filters import date_time
from portal.web.moving_anyway import Forms, NotMoved, forms_for, pointed_move, try_to_move, typed_move
from portal.web.rendering import page, redirect_to_address
from portal.web.staff.appointments import find


@bp.route("/moves/<int:appointment_id>", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_RESCHEDULE)
def move(appointment_id: int) -> Response:
    """GET: the times of the day, or the chosen one to confirm. POST: move it and go back to the board."""
    appointment = find(appointment_id)
    rules = booking_rules(db.session, appointment.clinician_id)
    check_reschedulable(appointment, by=g.actor, at=clock.now(), deadline_hours=rules.deadline_hours)
    forms = forms_for(g.actor, _day(appointment, appointment))
    if request.method == "GET":
        return _asked(appointment, forms)
    moved = try_to_move(appointment, forms.moving, g.actor)
    if isinstance(moved, NotMoved):
        return _show(appointment, forms, moved)
    flash(gettext("Moved to %(when)s.", when=date_time(moved.starts_at, moved.zone)), "success")
    return redirect_to_address(_board(moved))


def _asked(appointment: Appointment, forms: Forms) -> Response:
    """The times; for those who may move it to any, also one that was typed, or where it was pulled to."""
    asked = typed_move(forms.any_time, appointment, g.actor) or pointed_move(
        forms.any_time, appointment, g.actor
    )
    if asked and asked.rules:
        return _show(appointment, forms, NotMoved(anyway=asked))
    return _show(appointment, forms, NotMoved(forms.status), asked.slot if asked else None)


def _show(appointment: Appointment, forms: Forms, still: NotMoved, chosen: Slot | None = None) -> Response:
    on = _day(appointment, still.anyway.slot if still.anyway else chosen or appointment)
    times = [] if chosen or still.anyway else _times(appointment, on)
    wanted = "" if still.refusal else request.args.get("slot", "")
    chosen = chosen or next((slot for slot in times if slot.id == wanted), None)
    later = next((slot for slot in times if slot.starts_at > appointment.starts_at), None)
    return page(
        "desk/move.html",
        fragment="desk/_move.html",
        status=still.status,
        appointment=appointment,
        on=on,
        times=times,
        nearest=later or next(iter(times[-1:]), None),
        chosen=chosen,
        still=still,
        form=forms.moving,
        any_time=forms.any_time,
        is_gone=still.refusal is not None or (bool(wanted) and chosen is None),
        present=url_for("desk.move", appointment_id=appointment.id, slot=_present(appointment).id),
        back=_board(appointment),
    )


def _day(appointment: Appointment, shown: Appointment | Slot) -> date:
    """The day in the address, else that of what is shown."""
    return arguments.day("date") or clock.local_day(shown.starts_at, appointment.zone)


def _times(appointment: Appointment, on: date) -> Sequence[Slot]:
    """The free times of its clinician for its service on that date; its own time is not in the way, and left out."""
    patient = appointment.patient
    engaged = patient.resource_id if patient else None
    asking = Asking(clock.now(), is_staff=True, patient_resource_id=engaged, ignoring=appointment.id)
    free = Availability(
        db.session, [appointment.clinician], on, on, asking, centre_id=appointment.centre_id
    ).free(appointment.service)
    return [slot for slot in free if slot.starts_at != appointment.starts_at]


def _present(appointment: Appointment) -> Slot:
    """The time it has; a visit pulled to any other has that in its place."""
    return SlotKey.of(appointment).with_length_of(appointment.service)


def _board(appointment: Appointment) -> str:
    """The board at that visit; for those without a board, the visit itself."""
    if not g.actor.may(Permission.DAY_BOARD_VIEW) or appointment.centre_id is None:
        return url_for("staff.appointment", appointment_id=appointment.id)
    on = clock.local_day(appointment.starts_at, appointment.zone)
    block = f"block-{appointment.id}"
    return url_for("desk.day", centre_id=appointment.centre_id, date=on, _anchor=block)
