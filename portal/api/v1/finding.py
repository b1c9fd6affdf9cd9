"""Whose times are asked for, and how they go out: the same for lists, for one time and for a month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import g

from portal.api.v1.representations.base import amount
from portal.api.v1.representations.slots import SlotShape
from portal.appointments.availability import Asking, Availability
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import NotFound
from portal.people.models import Clinician
from portal.scheduling.directory import Offered, Wish, offers
from portal.scheduling.models import Service

ONE_DAY = timedelta(days=1)
MOST_CLINICIANS = 400


@dataclass(frozen=True)
class Days:
    """The dates asked for, both included."""

    first: date
    last: date


def offered(
    clinician_id: int | None, service_id: int | None, centre_id: int | None, duration: int | None
) -> list[tuple[Clinician, Service]]:
    """Whose times, and of which service each."""
    wish = Wish(clinician_id=clinician_id, centre_id=centre_id)
    found = offers(db.session, wish, limit=MOST_CLINICIANS).items
    if clinician_id is not None and not found:
        raise NotFound
    chosen = ((one.clinician, _service(one, service_id, duration)) for one in found)
    return [(clinician, service) for clinician, service in chosen if service is not None]


def _service(one: Offered, service_id: int | None, duration: int | None) -> Service | None:
    fitting = (
        service
        for service in one.services
        if service_id in (None, service.id) and duration in (None, service.duration_minutes)
    )
    return next(fitting, None)


def shapes(
    whose: list[tuple[Clinician, Service]],
    days: Days,
    centre_id: int | None,
    zone: ZoneInfo | None,
    *,
    only_available: bool,
) -> Iterator[SlotShape]:
    """The times whose date is asked for, in the zone in which they are told."""
    asking = Asking(clock.now(), g.actor.is_staff, g.actor.patient_resource_id)
    clinicians = [clinician for clinician, _service in whose]
    # Dates begin at different instants in different zones: a day more on either side covers all of them.
    availability = Availability(
        db.session, clinicians, days.first - ONE_DAY, days.last + ONE_DAY, asking, centre_id=centre_id
    )
    found = []
    for clinician, service in whose:
        free = {slot.id for slot in availability.free(service)}
        for slot in availability.free(service) if only_available else availability.worked(service):
            shape = slot_shape(slot, clinician, service, zone, is_free=slot.id in free)
            if days.first <= shape.date <= days.last:
                found.append(shape)
    return iter(sorted(found, key=lambda shape: (shape.start_at, shape.clinician_id)))


def slot_shape(
    slot: Slot, clinician: Clinician, service: Service, zone: ZoneInfo | None, *, is_free: bool
) -> SlotShape:
    """A time as it goes out; told in that zone, or in that of where it takes place."""
    where = zone or zone_of(clinician, slot.centre_id)
    start, end = clock.local(slot.starts_at, where), clock.local(slot.ends_at, where)
    return SlotShape(
        id=slot.id,
        clinician_id=clinician.id,
        clinician_name=clinician.full_name,
        centre_id=slot.centre_id,
        service_id=service.id,
        date=start.date(),
        start_time=start.time(),
        end_time=end.time(),
        timezone=where.key,
        start_at=slot.starts_at,
        end_at=slot.ends_at,
        available=is_free,
        status="available" if is_free else "booked",
        price=amount(service.price_minor, clinician.currency),
        currency=clinician.currency,
    )


def zone_of(clinician: Clinician, centre_id: int | None) -> ZoneInfo:
    """The centre's zone, or that of who works at none."""
    return next((centre.zone for centre in clinician.centres if centre.id == centre_id), clinician.zone)
