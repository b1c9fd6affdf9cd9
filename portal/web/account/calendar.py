"""Somebody's own visits in the calendar that they use anyway: a private address that calendar programs read."""

from flask import Response, flash, g, request, url_for
from flask_babel import gettext

from portal.bootstrap import db
from portal.calendars.feeds import end_feed, renew_feed
from portal.calendars.queries import feed_of
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.web.account import bp
from portal.web.account.devices import tabs
from portal.web.rendering import page, redirect_to

OWN_VISITS = (Permission.APPOINTMENT_BOOK_OWN, Permission.DAY_SCHEDULE_OWN)


@bp.route("/calendar", methods=["GET", "POST"])
@requires(*OWN_VISITS)
def calendar() -> Response:
    """Whether there is an address, and how to use it. A POST makes one, and its answer is the only place to see it."""
    address = _new_address() if request.method == "POST" else None
    return page(
        "account/calendar.html",
        address=address,
        feed=feed_of(db.session, g.person.account_id),
        tabs=tabs("account.calendar"),
    )


@bp.get("/calendar/renewal")
@requires(*OWN_VISITS)
def calendar_renewal() -> Response:
    """What a new address means, before there is one."""
    return page("account/calendar_renewal.html")


@bp.route("/calendar/end", methods=["GET", "POST"])
@requires(*OWN_VISITS)
def calendar_end() -> Response:
    """What ending the address means, then ending it."""
    if request.method == "GET":
        return page("account/calendar_end.html")
    in_transaction(db.session, lambda: end_feed(db.session, g.person.account_id))
    flash(gettext("The address has ended. Calendars that used it get nothing more."), "success")
    return redirect_to("account.calendar")


def _new_address() -> str:
    token = in_transaction(db.session, lambda: renew_feed(db.session, g.person.account_id, at=clock.now()))
    return settings().public_url + url_for("public.calendar_feed", token=token)
