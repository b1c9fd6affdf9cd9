"""The day on paper, a sheet for each clinician: for the consulting room, and for the day the network is down."""

from flask import Response, g, request

from portal.bootstrap import db
from portal.centres.queries import visible_centres
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web.desk import bp
from portal.web.desk.loading import load
from portal.web.desk.shown import DayForm, read
from portal.web.rendering import page


@bp.get("/day/sheet")
@requires(Permission.DAY_BOARD_VIEW)
def day_sheet() -> Response:
    """Times, names, phones, services, what is to pay, and room for notes."""
    centres = visible_centres(db.session, g.actor)
    if not centres and not request.args.get("centre_id"):
        return page("desk/no_centre.html")
    shown = read(centres, DayForm(request.args))
    facts = load(db.session, g.actor, shown.centre, shown.on, at=clock.now(), service_id=None)
    return page("desk/sheet.html", shown=shown, facts=facts, members=shown.members(facts))
