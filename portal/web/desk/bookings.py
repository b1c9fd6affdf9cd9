"""A booking made for a caller: the page at each of its steps, and what was booked."""

from flask import Response, g, request

from portal.appointments import commands, queries
from portal.bootstrap import db
from portal.centres.queries import get_visible
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.payments.queries import account_of
from portal.web.desk import bp
from portal.web.desk.booking_page import booking_page
from portal.web.desk.held import own_hold
from portal.web.desk.wanted import Wanted
from portal.web.rendering import page, redirect_to
from portal.web.staff.appointment_payment import link_facts
from portal.web.staff.series_form import repeating


@bp.get("/bookings/new")
@requires(Permission.APPOINTMENT_BOOK_FOR_OTHERS)
def new_booking() -> Response:
    """Who, what and when, read back: as far as the address says."""
    wanted = Wanted.from_values(request.args)
    if wanted.centre_id is not None and wanted.patient_id is None:
        get_visible(db.session, g.actor, wanted.centre_id)
    if wanted.hold is not None:
        held = own_hold(wanted.hold)
        if held.booked_at is not None:
            return redirect_to("desk.booked", appointment_id=held.id)
        wanted = wanted.but(patient_id=held.patient_id)
    is_choosing = wanted.patient_id is not None and wanted.hold is None
    return booking_page(wanted, fragment="desk/bookings/_times.html" if is_choosing else None)


@bp.get("/bookings/<int:appointment_id>/booked")
@requires(Permission.APPOINTMENT_BOOK_FOR_OTHERS)
def booked(appointment_id: int) -> Response:
    """What was booked, once more to read aloud."""
    appointment = queries.get_visible(db.session, g.actor, appointment_id)
    now = clock.now()
    terms = commands.terms_for(db.session, appointment, by=g.actor, at=now, late=settings().late_cancellation)
    account = account_of(db.session, appointment)
    return page(
        "desk/bookings/booked.html",
        appointment=appointment,
        free_until=terms.free_until if terms.free_until > now else None,
        account=account,
        repeat=repeating(appointment),
        **link_facts(appointment, account),
    )
