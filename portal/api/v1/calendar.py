"""A month of a clinician, in the viewer's time zone."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint

from portal.api.v1.endpoint import endpoint
from portal.api.v1.finding import Days, Time, times, zone_at
from portal.api.v1.representations.base import Answer
from portal.api.v1.representations.calendar import Calendar, CalendarQuery, CalendarTime
from portal.api.v1.who import readable_clinician
from portal.bootstrap import db
from portal.core import clock
from portal.scheduling.directory import Offered
from portal.scheduling.queries import bookable_services

bp = Blueprint("api_calendar", __name__, url_prefix="/clinicians/<string:clinician_id>/calendar")


@bp.get("")
@endpoint("AVL-07", Answer[Calendar], is_cacheable=True, also=(401,))
def show(clinician_id: str, query: CalendarQuery) -> Calendar:
    """Read a month: each date's times, free and taken."""
    clinician = readable_clinician(clinician_id)
    usual = zone_at(clinician, query.centre_id or clinician.primary_centre_id)
    zone = clock.zone(query.timezone) if query.timezone else usual
    services = bookable_services(db.session, clinician.id)
    fitting = [service for service in services if query.service_id in {None, service.id}]
    whose = [Offered(clinician, fitting)] if fitting else []
    days = _month(query.month) if query.month else _month(f"{clock.local_day(clock.now(), zone):%Y-%m}")
    found = times(whose, days, query.centre_id, zone, only_available=False)
    return Calendar(
        clinician_id=clinician.id,
        clinician_name=clinician.full_name,
        timezone=zone.key,
        currency=clinician.currency,
        calendar=_by_date(found, zone),
    )


def _month(text: str) -> Days:
    first = date.fromisoformat(f"{text}-01")
    return Days(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def _by_date(found: list[Time], zone: ZoneInfo) -> dict[date, list[CalendarTime]]:
    calendar: dict[date, list[CalendarTime]] = {}
    for time in found:
        start, end = (clock.local(instant, zone) for instant in (time.slot.starts_at, time.slot.ends_at))
        calendar.setdefault(start.date(), []).append(
            CalendarTime(
                id=time.slot.id,
                start_time=start.time(),
                end_time=end.time(),
                status=time.status,
                price=time.price,
            )
        )
    return calendar
