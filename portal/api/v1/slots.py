"""Times that can be booked: found, looked at one by one, and opened beside the week."""

from datetime import date, timedelta

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.finding import Days, Time, asking, offered, slot_shape, times
from portal.api.v1.opening import open_hours
from portal.api.v1.representations.base import Answer, Listed, Paged, amount, paged
from portal.api.v1.representations.slots import (
    LONGEST_DAYS,
    Publication,
    Published,
    SlotDetail,
    SlotQuery,
    SlotShape,
)
from portal.appointments.availability import around
from portal.appointments.nearest import FIRST_LOOK
from portal.appointments.queries import appointment_at
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, NotFound, _
from portal.core.pagination import Page
from portal.core.permissions import Permission
from portal.people.queries import get_manageable
from portal.scheduling.directory import Wish
from portal.scheduling.queries import booking_rules

bp = Blueprint("api_slots", __name__, url_prefix="/slots")
A_WEEK, LONGEST = timedelta(days=7), timedelta(days=LONGEST_DAYS)
MOST_ITEMS = 500


@bp.get("")
@endpoint("AVL-05", Listed[SlotShape], is_cacheable=True)
def index(query: SlotQuery) -> Paged[SlotShape]:
    """Find times in order of start: those of a clinician, of a centre, or of everybody who can be booked.

    Without serviceId or duration they are those of each clinician's usual service.
    """
    zone = clock.zone(query.timezone) if query.timezone else None
    days, whose = _days(query), offered(_wish(query))
    found = times(whose, days, query.centre_id, zone, only_available=query.only_available)
    start = (query.page - 1) * query.limit_taken
    some = found[start : start + query.limit_taken]
    return paged(Page(some, query.page, query.limit_taken, len(found)), lambda time: slot_shape(time, zone))


@bp.get("/<string:slot_id>")
@endpoint("AVL-06", Answer[SlotDetail], is_cacheable=True)
def show(slot_id: str) -> SlotDetail:
    """Look at one time by its id, whether it is free or taken.

    A time that is past, too near or too far ahead to be booked is not available either.
    """
    time = _time(_key(slot_id))
    taken = None if time.is_free else appointment_at(db.session, g.actor, time.slot)
    return SlotDetail(**slot_shape(time).model_dump(by_alias=False), appointment_id=taken)


@bp.post("")
@endpoint("AVL-04", Answer[Published], Permission.AVAILABILITY_EDIT, status=201, is_write=True)
def create(json: Publication) -> Published:
    """List the slots of a range, after opening the hours that are given beside the week.

    Nothing needs to be generated before it can be booked: slots follow from the hours on every read. So a range
    changes nothing and answers what it holds; `slots` become extra hours on their dates, on top of the week, and
    are cut into visits as the week is. `generated` counts the times that can be booked.
    """
    clinician_id = json.clinician_id or g.actor.clinician_id
    if clinician_id is None:
        raise Invalid(details={"clinician_id": _("Say which clinician is meant.")})
    clinician = get_manageable(db.session, g.actor, clinician_id)
    opened = open_hours(clinician, json)
    horizon = timedelta(days=booking_rules(db.session, clinician.id).advance_days)
    whose, days = offered(Wish(clinician_id=clinician.id)), _published(json, opened, horizon)
    found = times(whose, days, json.centre_id, None, only_available=True)
    return Published(generated=len(found), items=[slot_shape(time) for time in found[:MOST_ITEMS]])


def _wish(query: SlotQuery) -> Wish:
    return Wish(
        clinician_id=query.clinician_id,
        centre_id=query.centre_id,
        service_id=query.service_id,
        minutes=query.duration,
    )


def _days(query: SlotQuery) -> Days:
    """A week from today unless said otherwise; among many clinicians no further than pages look for any of them."""
    first = query.date or query.start_date or clock.now().date()
    last = query.date or query.end_date or first + A_WEEK
    is_of_one = query.clinician_id is not None or query.service_id is not None
    return _bounded(first, last, LONGEST if is_of_one else FIRST_LOOK)


def _published(wanted: Publication, opened: list[date], horizon: timedelta) -> Days:
    """The range that is given, or the dates of the hours that are; no longer than patients may look ahead."""
    first = wanted.start_date or min(opened, default=clock.now().date())
    last = wanted.end_date or max([*opened, first + min(A_WEEK, horizon)])
    return _bounded(first, last, horizon)


def _bounded(first: date, last: date, longest: timedelta) -> Days:
    """Raises Invalid for dates the wrong way round, and for more of them than may be asked for."""
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


def _time(key: SlotKey) -> Time:
    """The time that the id names; raises NotFound where the clinician does not work, or not for that service."""
    whose = offered(Wish(clinician_id=key.clinician_id, service_id=key.service_id))
    for one in whose:
        clinician, service = one.clinician, one.services[0]
        near = around(db.session, clinician, key.starts_at, asking(whose))
        if near.is_worked(key, service):
            is_free = near.refusal(key, service) is None
            price = amount(service.price_minor, clinician.currency)
            return Time(key.with_length_of(service), clinician, price, is_free)
    raise NotFound
