"""The day of the visit, one noun each: acceptance, refusal, arrival, start, completion, no-show, notes."""

from collections.abc import Callable

from flask import Response, flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.appointments.rules import check_can_be_missed, check_waits_for_acceptance
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web.access import safe_next
from portal.web.cancelling import money_back, money_kept
from portal.web.forms import Form, Required, TextField
from portal.web.rendering import page, redirect_to, redirect_to_address
from portal.web.staff import bp
from portal.web.staff.appointments import NotesForm, find, show


class RefusalForm(Form):
    reason = TextField(
        _("Reason"),
        [Required(_("Say why, so that the patient can be told"))],
        description=_("The patient can read it."),
    )


@bp.post("/appointments/<int:appointment_id>/acceptance")
@requires(Permission.APPOINTMENT_SET_STATUS)
def acceptance(appointment_id: int) -> Response:
    return _change(appointment_id, commands.accept, gettext("Accepted. The patient is told."))


@bp.route("/appointments/<int:appointment_id>/refusal", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_SET_STATUS)
def refusal(appointment_id: int) -> Response:
    """Decline a request, with a reason."""
    appointment = find(appointment_id)
    check_waits_for_acceptance(appointment)
    form = RefusalForm()
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        money = money_back(appointment, by=g.actor)
        return page(
            "staff/appointments/refusal.html", appointment=appointment, money=money, form=form, status=status
        )
    in_transaction(
        db.session,
        lambda: commands.decline(
            db.session, appointment, by=g.actor, at=clock.now(), reason=form.reason.data
        ),
    )
    return back_to(appointment, gettext("Declined. The patient is told and the time is free again."))


@bp.post("/appointments/<int:appointment_id>/arrival")
@requires(Permission.APPOINTMENT_ARRIVE)
def arrival(appointment_id: int) -> Response:
    return _change(appointment_id, commands.mark_arrived, gettext("Marked as arrived."))


@bp.post("/appointments/<int:appointment_id>/start")
@requires(Permission.APPOINTMENT_SET_STATUS)
def start(appointment_id: int) -> Response:
    return _change(appointment_id, commands.start, gettext("The appointment has started."))


@bp.post("/appointments/<int:appointment_id>/completion")
@requires(Permission.APPOINTMENT_SET_STATUS)
def completion(appointment_id: int) -> Response:
    return _change(appointment_id, commands.complete, gettext("Completed."))


@bp.get("/appointments/<int:appointment_id>/no-show/terms")
@requires(Permission.APPOINTMENT_SET_STATUS)
def no_show_terms(appointment_id: int) -> Response:
    """What recording it would mean, before it is recorded for good."""
    appointment = find(appointment_id)
    check_can_be_missed(appointment, clock.now())
    return page(
        "staff/appointments/no_show.html",
        appointment=appointment,
        money=money_kept(appointment),
        next=safe_next(request.args.get("next")),
    )


@bp.post("/appointments/<int:appointment_id>/no-show")
@requires(Permission.APPOINTMENT_SET_STATUS)
def no_show(appointment_id: int) -> Response:
    return _change(
        appointment_id, commands.mark_no_show, gettext("Recorded that the patient did not attend.")
    )


@bp.post("/appointments/<int:appointment_id>/arrival/removal")
@requires(Permission.APPOINTMENT_ARRIVE)
def arrival_removal(appointment_id: int) -> Response:
    """Pressed by mistake: the patient is not here after all."""
    return _change(appointment_id, commands.take_back_arrival, gettext("No longer marked as arrived."))


@bp.post("/appointments/<int:appointment_id>/start/removal")
@requires(Permission.APPOINTMENT_SET_STATUS)
def start_removal(appointment_id: int) -> Response:
    """Pressed by mistake: the patient is still waiting."""
    return _change(appointment_id, commands.take_back_start, gettext("No longer marked as started."))


@bp.post("/appointments/<int:appointment_id>/notes")
@requires(Permission.APPOINTMENT_EDIT)
def notes(appointment_id: int) -> Response:
    """Save the title and the team's notes."""
    appointment = find(appointment_id)
    form = NotesForm()
    if not form.validate():
        return show(appointment, form=form, status=422)
    in_transaction(
        db.session,
        lambda: commands.edit(
            db.session,
            appointment,
            by=g.actor,
            at=clock.now(),
            title=form.title.data,
            clinician_notes=form.clinician_notes.data,
        ),
    )
    return back_to(appointment, gettext("Notes saved."))


def back_to(appointment: Appointment, message: str) -> Response:
    """To the page named in the form's `next`, which is one of ours, else to the appointment."""
    flash(message, "success")
    address = safe_next(request.form.get("next"))
    if address:
        return redirect_to_address(address)
    return redirect_to("staff.appointment", appointment_id=appointment.id)


def _change(appointment_id: int, command: Callable[..., object], message: str) -> Response:
    """Do it, say so, and go back to where the button was pressed."""
    appointment = find(appointment_id)
    in_transaction(db.session, lambda: command(db.session, appointment, by=g.actor, at=clock.now()))
    return back_to(appointment, message)
