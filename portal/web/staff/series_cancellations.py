"""Cancelling the rest of a series: what that means, said first, then all of it in one step."""

from flask import Response, flash, g, request
from flask_babel import ngettext

from portal.appointments import commands
from portal.appointments.commands.repeating import is_to_come
from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.payments.queries import accounts_of
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp
from portal.web.staff.cancellations import StaffCancellationForm
from portal.web.staff.series import find_series


@bp.route("/series/<int:series_id>/cancellation", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_CANCEL)
def series_cancellation(series_id: int) -> Response:
    """The visits still to come and what goes back to the patient; where none is left, the series as it is."""
    series = find_series(series_id)
    coming = [visit for visit in series.visits if is_to_come(visit, clock.now())]
    if not coming:
        return redirect_to("staff.series", series_id=series_id)
    form = StaffCancellationForm()
    if request.method == "GET" or not form.validate():
        accounts = accounts_of(db.session, coming)
        return page(
            "staff/series/cancellation.html",
            series=series,
            coming=coming,
            paid_minor=sum(account.paid_minor for account in accounts.values()),
            form=form,
            status=200 if request.method == "GET" else 422,
        )
    ended = in_transaction(db.session, lambda: _cancel(coming, form.reason.data))
    said = "%(num)s appointment is cancelled, and the patient is told."
    flash(
        ngettext(said, "%(num)s appointments are cancelled, and the patient is told.", len(ended)), "success"
    )
    return redirect_to("staff.series", series_id=series_id)


def _cancel(coming: list[Appointment], reason: str) -> list[Appointment]:
    late = settings().late_cancellation
    return commands.cancel_together(db.session, coming, by=g.actor, at=clock.now(), late=late, reason=reason)
