"""One visit by the signed link in a message: read it, put it into a calendar, move it, cancel it, without an account.

Whoever is signed in here makes no difference: the link's patient acts, for that visit alone.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from portal.appointments.delays import late_by
from portal.appointments.errors import LinkIsOver
from portal.appointments.links import (
    Purpose,
    actor_of_link,
    appointment_of_link,
    link_token,
    visits_of_day,
    visits_of_series,
)
from portal.appointments.models import Appointment, Status
from portal.bootstrap import db
from portal.calendars.wording import Recipient
from portal.centres.models import Centre
from portal.core import clock
from portal.core.limits import VISIT_LINK_CHANGED, VISIT_LINK_WRONG
from portal.delivery import settings
from portal.delivery.access import public
from portal.delivery.attempts import address, attempts
from portal.delivery.calendars import invite_of
from portal.notifications.wording import visit_link
from portal.payments.queries import account_of
from portal.web.calendar_files import calendar_file
from portal.web.own_cancelling import can_change, cancellation_page, terms_of
from portal.web.rendering import page
from portal.web.rescheduling import rescheduling_page

bp = Blueprint("visit_links", __name__, url_prefix="/b")
MAP = "https://www.google.com/maps/dir/"
SIGNED = "string(maxlength=100):token"


@bp.after_request
def keep_secret(response: Response) -> Response:
    """The address is the key: no other site, no cache and no search engine is to have it.

    Our own forms still need to say which site they come from, so that the referrer is cut and not left out.
    """
    response.headers["Referrer-Policy"] = "strict-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get(f"/<{SIGNED}>")
@public
def show(token: str) -> Response:
    """When, where and with whom, and what can be done about it; never why."""
    visit = _visit(token)
    account = account_of(db.session, visit)
    return page(
        "visit_links/show.html",
        token=token,
        appointment=visit,
        terms=terms_of(visit, by=actor_of_link(visit)),
        can_change=can_change(visit),
        is_to_pay=account.is_open and visit.status != Status.CANCELLED,
        is_paid=account.settled is not None,
        way_there=_way_to(visit.centre) if visit.centre else None,
        late=late_by(db.session, [visit], clock.now()).get(visit.id),
    )


@bp.get(f"/day/<{SIGNED}>")
@public
def day(token: str) -> Response:
    """The visits of one day that a reminder told of together, each with its own page."""
    first = _visit(token, Purpose.DAY)
    return _several(first, visits_of_day(db.session, first), is_one_day=True)


@bp.get(f"/series/<{SIGNED}>")
@public
def series(token: str) -> Response:
    """The visits of a series that a message told of together, each with its own page."""
    one = _visit(token, Purpose.SERIES)
    return _several(one, visits_of_series(db.session, one), is_one_day=False)


def _several(first: Appointment, visits: Sequence[Appointment], *, is_one_day: bool) -> Response:
    return page(
        "visit_links/day.html",
        first=first,
        is_one_day=is_one_day,
        visits=[(visit, link_token(settings().secret_key, visit)) for visit in visits],
    )


@bp.get(f"/<{SIGNED}>/invite.ics")
@public
def invite(token: str) -> Response:
    visit = _visit(token)
    return calendar_file(invite_of(visit, Recipient.PATIENT, href=visit_link(visit)))


@bp.route(f"/<{SIGNED}>/cancellation", methods=["GET", "POST"])
@public
def cancellation(token: str) -> Response:
    visit = _visit_to_change(token)
    by = actor_of_link(visit)
    return cancellation_page("visit_links/cancellation.html", "visit_links.show", visit, by=by, token=token)


@bp.route(f"/<{SIGNED}>/rescheduling", methods=["GET", "POST"])
@public
def rescheduling(token: str) -> Response:
    visit = _visit_to_change(token)
    by = actor_of_link(visit)
    return rescheduling_page("visit_links/rescheduling.html", "visit_links.show", visit, by=by, token=token)


def _way_to(centre: Centre) -> str:
    """A map with the way to the centre; phones open it in their own program."""
    place = ", ".join(filter(None, (centre.name, *centre.address.splitlines(), centre.city)))
    return f"{MAP}?{urlencode({'api': 1, 'destination': place})}"


def _visit(token: str, purpose: Purpose = Purpose.VISIT) -> Appointment:
    """The link's visit; raises LinkIsOver, and TooManyAttempts for whoever tries one after the other."""
    try:
        return appointment_of_link(db.session, settings().secret_key, token, at=clock.now(), purpose=purpose)
    except LinkIsOver:
        attempts().hit(VISIT_LINK_WRONG, address())
        raise


def _visit_to_change(token: str) -> Appointment:
    """The same; changes by one link are counted."""
    visit = _visit(token)
    if request.method == "POST":
        attempts().hit(VISIT_LINK_CHANGED, str(visit.id))
    return visit
