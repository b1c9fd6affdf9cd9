"""A patient's own appointments: what is coming, what has been, and each of them."""

from typing import Any

from flask import Response, g, request, url_for
from flask_babel import lazy_gettext as _

from portal.appointments import queries
from portal.appointments.delays import late_by
from portal.appointments.following import followed
from portal.appointments.models import Appointment, Status
from portal.appointments.queries import Filters, When
from portal.appointments.series import place_in_series
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.tills import practice
from portal.notifications.preferences import Ways, ways_of
from portal.payments.queries import account_of, accounts_of
from portal.payments.requiring import ways_to_pay
from portal.waiting_list import queries as waiting_list
from portal.web.arguments import check_is_page, page_number
from portal.web.own_cancelling import can_change, terms_of
from portal.web.own_ways import NONE, own_ways
from portal.web.patient import bp
from portal.web.patient.profile import own_record
from portal.web.rendering import page, redirect_to

MOST_AT_ONCE = 20
TABS = ((When.UPCOMING, _("Upcoming")), (When.PAST, _("Past")))


@bp.get("/appointments")
@requires(Permission.APPOINTMENT_BOOK_OWN)
def appointments() -> Response:
    """Upcoming (what is going on now included), or past."""
    when = When.PAST if request.args.get("when") == When.PAST else When.UPCOMING
    at = clock.now()
    found = queries.search(db.session, g.actor, Filters(when=when), at=at, page=page_number())
    check_is_page(found)
    going_on = queries.listed(g.actor, Filters(when=When.CURRENT), at).limit(MOST_AT_ONCE)
    current = db.session.scalars(going_on).all() if when is When.UPCOMING else []
    waited_for, offers = waiting_list.waited_for(db.session, g.actor, at)
    return page(
        "patient/appointments/index.html",
        fragment="patient/appointments/_list.html",
        found=found,
        current=current,
        accounts=accounts_of(db.session, [*current, *found.items]),
        when=when,
        tabs=[
            (label, url_for("patient.appointments", when=bucket), bucket is when) for bucket, label in TABS
        ],
        waited_for=waited_for,
        offers=offers,
        hold=queries.current_hold(db.session, at=at, holder_hash=None, patient_ids=g.actor.patient_ids),
    )


@bp.get("/appointments/<int:appointment_id>")
@requires(Permission.APPOINTMENT_BOOK_OWN)
def appointment(appointment_id: int) -> Response:
    shown = queries.get_visible(db.session, g.actor, appointment_id)
    return page(
        "patient/appointments/show.html",
        appointment=shown,
        terms=terms_of(shown, by=g.actor),
        can_change=can_change(shown),
        waits=waiting_list.entry_of(db.session, shown) is not None,
        late=late_by(db.session, [shown], clock.now()).get(shown.id),
        follows=followed(db.session, g.actor, shown),
        place=place_in_series(db.session, shown),
        **_money(shown),
    )


@bp.get("/appointments/<int:appointment_id>/booked")
@requires(Permission.APPOINTMENT_BOOK_OWN)
def booked(appointment_id: int) -> Response:
    """The end of the booking flow: it worked, and this is what happens next."""
    shown = queries.get_visible(db.session, g.actor, appointment_id)
    if not can_change(shown):
        return redirect_to("patient.appointment", appointment_id=appointment_id)
    return page(
        "patient/appointments/booked.html",
        appointment=shown,
        terms=terms_of(shown, by=g.actor),
        ways=_ways_to_tell(shown),
        reader=own_record(),
        **_money(shown),
    )


def _money(shown: Appointment) -> dict[str, Any]:
    """How it stands with its money, and whether it can be paid on the internet now."""
    account = account_of(db.session, shown)
    is_payable = account.is_open and shown.status != Status.CANCELLED
    return {
        "account": account,
        "own_ways": own_ways(shown) if is_payable and can_change(shown) else NONE,
        "can_pay": is_payable and ways_to_pay(practice(), shown, by=g.actor).online,
    }


def _ways_to_tell(shown: Appointment) -> Ways | None:
    """How whoever is here hears of it; of who was removed nobody hears."""
    return ways_of(db.session, own_record()) if shown.patient else None
