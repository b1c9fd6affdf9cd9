"""A month of a clinician, in the viewer's time zone."""

from datetime import date, timedelta

from flask import Blueprint

from portal.api.v1.endpoint import endpoint
from portal.api.v1.finding import Days, offered, shapes, zone_of
from portal.api.v1.representations.base import Answer
from portal.api.v1.representations.calendar import Calendar, CalendarQuery, CalendarTime
from portal.api.v1.who import readable_clinician
from portal.core import clock

bp = Blueprint("api_calendar", __name__, url_prefix="/clinicians/<string:clinician_id>/calendar")


@bp.get("")
@endpoint("AVL-07", Answer[Calendar], is_cacheable=True)
def show(clinician_id: str, query: CalendarQuery) -> Calendar:
    """Read a month: each date's times, free and taken."""
    clinician = readable_clinician(clinician_id)
    zone = clock.zone(query.timezone) if query.timezone else zone_of(clinician, clinician.primary_centre_id)
    first = date.fromisoformat(f"{query.month or f'{clock.local_day(clock.now(), zone):%Y-%m}'}-01")
    days = Days(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))
    whose = offered(clinician.id, query.service_id, query.centre_id, None)
    calendar: dict[date, list[CalendarTime]] = {}
    for shape in shapes(whose, days, query.centre_id, zone, only_available=False):
        one = CalendarTime(**shape.model_dump(by_alias=False, include=set(CalendarTime.model_fields)))
        calendar.setdefault(shape.date, []).append(one)
    return Calendar(
        clinician_id=clinician.id,
        clinician_name=clinician.full_name,
        timezone=zone.key,
        currency=clinician.currency,
        calendar=calendar,
    )
