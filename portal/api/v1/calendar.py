"""A month of a clinician, in the viewer's time zone."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint

from portal.api.v1.endpoint import endpoint
from portal.api.v1.finding import Days, availability_of, zone_at
from portal.api.v1.representations.base import Answer, amount
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
    days = _month(query.month) if query.month else _month(f"{clock.local_day(clock.now(), zone):%Y-%m}")
    return Calendar(
        clinician_id=clinician.id,
        clinician_name=clinician.full_name,
        timezone=zone.key,
        currency=clinician.currency,
        calendar=_by_date(Offered(clinician, fitting), days, query.centre_id, zone) if fitting else {},
    )


def _month(text: str) -> Days:
    first = date.fromisoformat(f"{text}-01")
    return Days(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def _by_date(
    whose: Offered, days: Days, centre_id: int | None, zone: ZoneInfo
) -> dict[date, list[CalendarTime]]:
    """The times of the usual service, free and taken."""
    service = whose.services[0]
    price = amount(service.price_minor, whose.clinician.currency)
    calendar: dict[date, list[CalendarTime]] = {}
    for slot, is_free in availability_of([whose], days, centre_id).told(service):
        start, end = clock.local(slot.starts_at, zone), clock.local(slot.ends_at, zone)
        if days.first <= start.date() <= days.last:
            calendar.setdefault(start.date(), []).append(
                CalendarTime(
                    id=slot.id,
                    start_time=start.time(),
                    end_time=end.time(),
                    status="available" if is_free else "booked",
                    price=price,
                )
            )
    return calendar
