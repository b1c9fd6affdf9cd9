"""What patients see: the next free times of each service, as the hours, rules and bookings are now."""

from datetime import timedelta
from itertools import islice
from typing import Any

from flask import Response, url_for

from portal.appointments.availability import Asking, Availability
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.models import Clinician
from portal.scheduling.models import Service
from portal.scheduling.queries import services_of
from portal.web.staff.schedules import bp
from portal.web.staff.schedules.scope import show, the_clinician

AHEAD = timedelta(days=60)
TIMES = 3


@bp.get("/preview")
@requires(Permission.AVAILABILITY_EDIT)
def preview(clinician_id: int) -> Response:
    """The first free times of each service within two months; htmx gets the list alone."""
    clinician = the_clinician(clinician_id)
    now = clock.now()
    today = clock.local_day(now, clinician.zone)
    offered = services_of(db.session, clinician.id)
    free = Availability(db.session, [clinician], today - timedelta(days=1), today + AHEAD, Asking(now))
    zones = {centre.id: centre.zone for centre in clinician.centres}
    return show(
        "staff/schedules/preview.html",
        clinician,
        fragment="staff/schedules/_preview.html",
        offers=[(service, list(islice(free.free(service), TIMES))) for service in offered],
        zone_of=lambda slot: zones.get(slot.centre_id, clinician.zone),
        centre_names={centre.id: centre.name for centre in clinician.centres},
        page_href=_page_href(clinician),
        slot_href=lambda service, slot: _page_href(clinician, service, slot),
        is_listed=_is_listed(clinician),
    )


def _is_listed(clinician: Clinician) -> bool:
    is_open = clinician.is_active and clinician.account.is_active
    return is_open and clinician.is_accepting and clinician.approved_at is not None


def _page_href(clinician: Clinician, service: Service | None = None, slot: Slot | None = None) -> str:
    """The public page, at a time if one is given."""
    chosen: dict[str, Any] = {"service_id": service.id, "slot": slot.id} if service and slot else {}
    return url_for("public.clinician", clinician_id=clinician.slug, **chosen)
