"""Cancelling one's own appointment: first what it will cost, then the button."""

from flask import Response, flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments import queries
from portal.appointments.errors import CancellationNotAllowed
from portal.appointments.models import Appointment, Status
from portal.appointments.rules import CancellationOutcome, CancellationTerms, check_cancellable
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web.cancelling import cancel, money_back, money_returned
from portal.web.forms import Form, LongTextField
from portal.web.patient import bp
from portal.web.patient.appointments import terms
from portal.web.rendering import page, redirect_to

MESSAGES = {
    CancellationOutcome.FREE: _("Your appointment is cancelled. It costs you nothing."),
    CancellationOutcome.LATE: _(
        "Your appointment is cancelled. What you have paid the centre is not returned."
    ),
    CancellationOutcome.REQUEST: _("We have your request to cancel. The centre will answer you."),
}


class CancellationForm(Form):
    reason = LongTextField(
        _("Why are you cancelling?"),
        longest=500,
        description=_("You do not have to say."),
        render_kw={"rows": 3},
    )


@bp.route("/appointments/<int:appointment_id>/cancellation", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_BOOK_OWN)
def cancellation(appointment_id: int) -> Response:
    """What is cancelled, or asked to be, is shown as it is: to press twice does no harm."""
    appointment = queries.get_visible(db.session, g.actor, appointment_id)
    means = terms(appointment)
    if appointment.status == Status.CANCELLED or _is_asked(appointment, means):
        return redirect_to("patient.appointment", appointment_id=appointment_id)
    check_cancellable(appointment, at=clock.now())
    if means.outcome is CancellationOutcome.REFUSED:
        raise CancellationNotAllowed
    form = CancellationForm()
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        return page(
            "patient/appointments/cancellation.html",
            appointment=appointment,
            terms=means,
            money=money_back(appointment, by=g.actor),
            form=form,
            status=status,
        )
    done = cancel(appointment, form.reason.data or "")
    if done:
        flash(_said(appointment, done), "success")
    return redirect_to("patient.appointment", appointment_id=appointment_id)


def _said(appointment: Appointment, done: CancellationTerms) -> str:
    money = money_returned(appointment)
    if money.comes:
        return str(gettext("Your appointment is cancelled. %(amount)s goes back to you.", amount=money.back))
    return str(MESSAGES[done.outcome])


def _is_asked(appointment: Appointment, means: CancellationTerms) -> bool:
    return means.outcome is CancellationOutcome.REQUEST and appointment.cancellation_requested_at is not None
