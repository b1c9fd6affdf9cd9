"""Cancelling one's own appointment: first what it will cost, then the button."""

from flask import Response, flash, g, request
from flask_babel import lazy_gettext as _

from portal.appointments import commands, queries
from portal.appointments.errors import CancellationNotAllowed
from portal.appointments.rules import CancellationOutcome, check_cancellable
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.web import settings
from portal.web.access import requires
from portal.web.forms import Form, LongTextField
from portal.web.patient import bp
from portal.web.patient.appointments import terms
from portal.web.rendering import page, redirect_to

MESSAGES = {
    CancellationOutcome.FREE: _("Your appointment is cancelled. It costs you nothing."),
    CancellationOutcome.LATE: _("Your appointment is cancelled. No refund is available this late."),
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
    appointment = queries.get_visible(db.session, g.actor, appointment_id)
    check_cancellable(appointment, at=clock.now())
    means = terms(appointment)
    if means.outcome is CancellationOutcome.REFUSED:
        raise CancellationNotAllowed
    form = CancellationForm()
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        return page(
            "patient/appointments/cancellation.html",
            appointment=appointment,
            terms=means,
            form=form,
            status=status,
        )
    done = in_transaction(
        db.session,
        lambda: commands.cancel(
            db.session,
            appointment,
            by=g.actor,
            at=clock.now(),
            late=settings().late_cancellation,
            reason=form.reason.data,
        ),
    )
    flash(str(MESSAGES[done.outcome]), "success")
    return redirect_to("patient.appointment", appointment_id=appointment_id)
