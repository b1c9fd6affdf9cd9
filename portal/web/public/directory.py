"""The directory of clinicians: filters, and each with the next free time."""

from datetime import timedelta

from flask import Response, request

from portal.appointments.nearest import first_free_by_clinician
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.core import clock
from portal.core.pagination import DEFAULT_LIMIT, Page
from portal.delivery.access import public
from portal.scheduling.choices import choices
from portal.scheduling.directory import Offered, offers
from portal.web.arguments import check_is_page, page_number
from portal.web.public import bp
from portal.web.public.looking import address, asking, session_type, slot_address, wish, zone_of
from portal.web.rendering import page, wants_fragment

SOON = timedelta(days=7)
MOST = 400
"""How many clinicians are looked through for those who are free soon."""


@bp.get("/clinicians")
@public
def clinicians() -> Response:
    """By name, twenty a page; with free=soon only those who have a time within a week, the earliest first."""
    number = page_number()
    found, free = _free_soon(number) if request.args.get("free") == "soon" else _by_name(number)
    check_is_page(found)
    response = page(
        "public/clinicians.html",
        fragment="public/_clinicians.html",
        found=found,
        free=free,
        wish=wish(),
        way=session_type(),
        choices=None if wants_fragment() else choices(db.session),
        page_address=_page_address,
        slot_address=slot_address,
        zone_of=zone_of,
    )
    if wants_fragment():
        response.headers["HX-Push-Url"] = address("public.clinicians")
    return response


def _by_name(number: int) -> tuple[Page[Offered], dict[int, Slot]]:
    found = offers(db.session, wish(), page=number)
    return found, _first_free(found)


def _free_soon(number: int) -> tuple[Page[Offered], dict[int, Slot]]:
    everybody = offers(db.session, wish(), limit=MOST)
    free, until = _first_free(everybody), clock.now() + SOON
    soon = [
        one
        for one in everybody.items
        if one.clinician.id in free and free[one.clinician.id].starts_at < until
    ]
    soon.sort(key=lambda one: free[one.clinician.id].starts_at)
    skipped = (number - 1) * DEFAULT_LIMIT
    return Page(soon[skipped : skipped + DEFAULT_LIMIT], number, DEFAULT_LIMIT, len(soon)), free


def _first_free(found: Page[Offered]) -> dict[int, Slot]:
    services = {one.clinician.id: one.services for one in found.items}
    clinicians = [one.clinician for one in found.items]
    return first_free_by_clinician(db.session, clinicians, services, asking(), centre_id=wish().centre_id)


def _page_address(number: int) -> str:
    return address("public.clinicians", page=number)
