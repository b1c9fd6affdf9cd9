"""Times that can be booked: found, looked at one by one, and opened beside the week."""

from collections.abc import Iterator
from datetime import date, timedelta

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.finding import ONE_DAY, Days, offered, shapes
from portal.api.v1.opening import open_hours
from portal.api.v1.representations.base import Answer, Listed, Paged, paged
from portal.api.v1.representations.slots import (
    LONGEST_RANGE,
    Publication,
    Published,
    SlotDetail,
    SlotQuery,
    SlotShape,
)
from portal.appointments.queries import appointment_at
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, NotFound, _
from portal.core.pagination import Page
from portal.core.permissions import Permission
from portal.people.queries import get_manageable

bp = Blueprint("api_slots", __name__, url_prefix="/slots")
A_WEEK, A_MONTH = timedelta(days=7), timedelta(days=31)


@bp.get("")
@endpoint("AVL-05", Listed[SlotShape], is_cacheable=True)
def index(query: SlotQuery) -> Paged[SlotShape]:
    """Find times in order of start: those of a clinician, of a centre, or of everybody who can be booked.

    Without serviceId or duration they are those of each clinician's usual service.
    """
    found = list(_times(query, _days(query)))
    start = (query.page - 1) * query.limit_taken
    some = found[start : start + query.limit_taken]
    return paged(Page(some, query.page, query.limit_taken, len(found)), lambda shape: shape)


@bp.get("/<string:slot_id>")
@endpoint("AVL-06", Answer[SlotDetail], is_cacheable=True)
def show(slot_id: str) -> SlotDetail:
    """Look at one time by its id."""
    key = _key(slot_id)
    whose = offered(key.clinician_id, key.service_id, None, None)
    days = Days(key.starts_at.date() - ONE_DAY, key.starts_at.date() + ONE_DAY)
    for shape in shapes(whose, days, None, None, only_available=False):
        if shape.id == slot_id:
            taken = None if shape.available else appointment_at(db.session, g.actor, key)
            return SlotDetail(**shape.model_dump(by_alias=False), appointment_id=taken)
    raise NotFound


@bp.post("")
@endpoint("AVL-04", Answer[Published], Permission.AVAILABILITY_EDIT, status=201, is_write=True)
def create(json: Publication) -> Published:
    """List the slots of a range, after opening the hours that are given beside the week.

    Slots follow the hours at once, so none need be generated; `generated` counts those that can be booked.
    """
    clinician_id = json.clinician_id or g.actor.clinician_id
    if clinician_id is None:
        raise Invalid(details={"clinician_id": _("Say which clinician is meant.")})
    clinician = get_manageable(db.session, g.actor, clinician_id)
    opened = open_hours(clinician, json)
    db.session.flush()
    first = json.start_date or min(opened, default=clock.now().date())
    last = json.end_date or max([first + A_WEEK, *opened])
    whose = offered(clinician.id, None, json.centre_id, None)
    days = _bounded(first, last, timedelta(days=LONGEST_RANGE))
    found = list(shapes(whose, days, json.centre_id, None, only_available=True))
    return Published(generated=len(found), items=found[:500])


def _times(query: SlotQuery, days: Days) -> Iterator[SlotShape]:
    whose = offered(query.clinician_id, query.service_id, query.centre_id, query.duration)
    zone = clock.zone(query.timezone) if query.timezone else None
    return shapes(whose, days, query.centre_id, zone, only_available=query.only_available)


def _days(query: SlotQuery) -> Days:
    first = query.date or query.start_date or clock.now().date()
    last = query.date or query.end_date or first + A_WEEK
    return _bounded(first, last, timedelta(days=LONGEST_RANGE) if query.clinician_id else A_MONTH)


def _bounded(first: date, last: date, longest: timedelta) -> Days:
    """Raises Invalid for dates the wrong way round, and for more of them than anybody reads."""
    if last < first:
        raise Invalid(details={"end_date": _("The last day must not be before the first.")})
    if last - first > longest:
        raise Invalid(details={"end_date": _("Please ask for fewer days at once.")})
    return Days(first, last)


def _key(slot_id: str) -> SlotKey:
    try:
        return SlotKey.parse(slot_id)
    except Invalid:
        raise NotFound from None
