"""The patients' home: what is next, what is to pay, what is new, and what there was so far."""

from flask import Response, g

from portal.analytics.of_patient import patient_figures
from portal.appointments.delays import late_by
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web.patient import bp
from portal.web.rendering import page
from portal.web.unread import unread_messages


@bp.get("/overview")
@requires(Permission.APPOINTMENT_BOOK_OWN)
def overview() -> Response:
    found = patient_figures(db.session, g.actor, at=clock.now())
    return page(
        "patient/overview.html",
        fragment="patient/_overview.html",
        found=found,
        late=late_by(db.session, found.upcoming, clock.now()),
        unread=unread_messages(g.actor),
    )
