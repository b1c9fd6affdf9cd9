"""The start page: one job, and the way to it."""

from flask import Response

from portal.appointments.nearest import first_free_by_clinician
from portal.bootstrap import db
from portal.delivery.access import public
from portal.scheduling.choices import choices
from portal.scheduling.directory import Wish, offers
from portal.web.public import bp
from portal.web.public.looking import asking, slot_address, zone_of
from portal.web.rendering import page

LOOKED_AT, SHOWN = 40, 3


@bp.get("/")
@public
def home() -> Response:
    offered = offers(db.session, Wish(), limit=LOOKED_AT).items
    services = {one.clinician.id: one.services for one in offered}
    free = first_free_by_clinician(db.session, [one.clinician for one in offered], services, asking())
    teased = sorted(
        (one for one in offered if one.clinician.id in free), key=lambda one: free[one.clinician.id].starts_at
    )
    return page(
        "public/home.html",
        choices=choices(db.session),
        offered=teased[:SHOWN],
        free=free,
        slot_address=slot_address,
        zone_of=zone_of,
    )
