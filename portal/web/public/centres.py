"""The centres: where they are, who works there, when they are closed."""

from flask import Response, url_for

from portal.appointments.nearest import first_free_by_clinician
from portal.bootstrap import db
from portal.centres.queries import active_centres, holidays_of
from portal.core import clock
from portal.core.errors import NotFound
from portal.delivery.access import public
from portal.scheduling.directory import Wish, offers
from portal.web.public import bp
from portal.web.public.looking import asking, slot_address, zone_of
from portal.web.rendering import page

MOST_CLINICIANS, MOST_HOLIDAYS = 60, 6


@bp.get("/centres")
@public
def centres() -> Response:
    return page("public/centres.html", centres=active_centres(db.session))


@bp.get("/centres/<int:centre_id>")
@public
def centre(centre_id: int) -> Response:
    """One that takes bookings; any other does not exist here, for staff neither."""
    shown = next((one for one in active_centres(db.session) if one.id == centre_id), None)
    if shown is None:
        raise NotFound
    offered = offers(db.session, Wish(centre_id=centre_id), limit=MOST_CLINICIANS)
    services = {one.clinician.id: one.services for one in offered.items}
    clinicians = [one.clinician for one in offered.items]
    today = clock.local_day(clock.now(), shown.zone)
    return page(
        "public/centre.html",
        centre=shown,
        offered=offered,
        free=first_free_by_clinician(db.session, clinicians, services, asking(), centre_id=centre_id),
        holidays=holidays_of(db.session, centre_id, since=today)[:MOST_HOLIDAYS],
        slot_address=slot_address,
        zone_of=zone_of,
        all_address=url_for("public.clinicians", centre_id=centre_id),
    )
