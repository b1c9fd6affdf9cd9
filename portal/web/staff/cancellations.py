"""Cancelling from the practice's side, and answering patients who ask to cancel after the deadline."""

from flask import Response, flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments import commands
from portal.appointments.models import Appointment, Status
from portal.appointments.rules import check_cancellable
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web.cancelling import cancel, money_back, money_returned
from portal.web.forms import Form, Required, TextField
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp
from portal.web.staff.appointments import find


class StaffCancellationForm(Form):
    reason = TextField(
        _("Reason"),
        [Required(_("Say why, so that the patient can be told"))],
        description=_("The patient can read it."),
    )


@bp.route("/appointments/<int:appointment_id>/cancellation", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_CANCEL)
def cancellation(appointment_id: int) -> Response:
    """What cancelling means, then cancelling it. One that is cancelled already is shown as it is."""
    appointment = find(appointment_id)
    if appointment.status == Status.CANCELLED:
        return redirect_to("staff.appointment", appointment_id=appointment_id)
    check_cancellable(appointment, at=clock.now())
    form = StaffCancellationForm()
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        money = money_back(appointment, by=g.actor)
        return page(
            "staff/appointments/cancellation.html",
            appointment=appointment,
            money=money,
            form=form,
            status=status,
        )
    if cancel(appointment, form.reason.data):
        flash(_said(appointment), "success")
    return redirect_to("staff.appointment", appointment_id=appointment_id)


def _said(appointment: Appointment) -> str:
    money = money_returned(appointment)
    if not money.comes:
        return str(gettext("Cancelled. The patient is told and the time is free again."))
    return str(
        gettext("Cancelled. The patient is told, and %(amount)s goes back to them.", amount=money.back)
    )


@bp.post("/appointments/<int:appointment_id>/cancellation-request/refusal")
@requires(Permission.APPOINTMENT_CANCEL)
def cancellation_request_refusal(appointment_id: int) -> Response:
    """The appointment stands although its patient asked to cancel it late."""
    appointment = find(appointment_id)
    in_transaction(db.session, lambda: commands.keep(db.session, appointment, by=g.actor, at=clock.now()))
    flash(gettext("The appointment stands. Please tell the patient."), "success")
    return redirect_to("staff.appointment", appointment_id=appointment_id)
