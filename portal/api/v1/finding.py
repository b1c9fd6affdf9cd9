"""Whose times are asked for, and how they go out: the same for lists, for one time and for a month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from flask import g

from portal.api.v1.representations.base import amount
from portal.api.v1.representations.slots import SlotShape
from portal.appointments.availability import Asking, Availability
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Role
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

    def instants(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When the first of them begins in the zone, and the one after the last."""
        begins, _ = clock.day_bounds(self.first, zone)
        _, ends = clock.day_bounds(self.last, zone)
        return begins, ends


class Time(NamedTuple):
    """A time of a clinician, free or not; the price in the clinician's currency."""

    slot: Slot
    clinician: Clinician
    price: float
    is_free: bool

    @property
    def status(self) -> Literal["available", "booked"]:
        return "available" if self.is_free else "booked"


def offered(wish: Wish) -> list[Offered]:
    """The clinicians who are meant and can be booked, each with the services that fit, the usual one first."""
    return list(offers(db.session, wish, limit=MOST_CLINICIANS).items)


def asking(whose: Sequence[Offered]) -> Asking:
    """Who asks, so that what is listed is what they may book: clinicians book colleagues' times as patients do."""
    is_own = g.actor.role is Role.CLINICIAN and {one.clinician.id for one in whose} == {g.actor.clinician_id}
    if is_own or (g.actor.is_staff and g.actor.role is not Role.CLINICIAN):
        return Asking(clock.now(), is_staff=True)
    return Asking(clock.now(), patient_resource_id=g.actor.patient_resource_id)


def times(
    whose: Sequence[Offered],
    days: Days,
    centre_id: int | None,
    zone: ZoneInfo | None,
    *,
    only_available: bool,
) -> list[Time]:
    """The times of each one's usual service whose date is asked for, in the zone in which they are told.

    In order of start; four queries with `offered`, however many clinicians and days.
    """
    availability = availability_of(whose, days, centre_id)
    instants = cache(days.instants)

    def is_asked_for(time: Time) -> bool:
        begins, ends = instants(zone or zone_of(time))
        return begins <= time.slot.starts_at < ends

    found = [
        time
        for one in whose
        for time in _of(availability, one.clinician, one.services[0], only_available=only_available)
        if is_asked_for(time)
    ]
    if len(whose) > 1:  # those of one are in order
        found.sort(key=lambda time: (time.slot.starts_at, time.clinician.id))
    return found


def availability_of(whose: Sequence[Offered], days: Days, centre_id: int | None) -> Availability:
    """Dates begin at different instants in different zones: a day more on either side covers all of them."""
    return Availability(
        db.session,
        [one.clinician for one in whose],
        days.first - ONE_DAY,
        days.last + ONE_DAY,
        asking(whose),
        centre_id=centre_id,
    )


def _of(
    availability: Availability, clinician: Clinician, service: Service, *, only_available: bool
) -> list[Time]:
    price = amount(service.price_minor, clinician.currency)
    if only_available:
        return [Time(slot, clinician, price, is_free=True) for slot in availability.free(service)]
    return [Time(slot, clinician, price, is_free) for slot, is_free in availability.told(service)]


def slot_shape(time: Time, zone: ZoneInfo | None = None) -> SlotShape:
    """A time as it goes out; told in that zone, or in that of where it takes place."""
    slot, where = time.slot, zone or zone_of(time)
    start, end = clock.local(slot.starts_at, where), clock.local(slot.ends_at, where)
    return SlotShape(
        id=slot.id,
        clinician_id=slot.clinician_id,
        clinician_name=time.clinician.full_name,
        centre_id=slot.centre_id,
        service_id=slot.service_id,
        date=start.date(),
        start_time=start.time(),
        end_time=end.time(),
        timezone=where.key,
        start_at=slot.starts_at,
        end_at=slot.ends_at,
        available=time.is_free,
        status=time.status,
        price=time.price,
        currency=time.clinician.currency,
    )


def zone_of(time: Time) -> ZoneInfo:
    """Where the time takes place."""
    return zone_at(time.clinician, time.slot.centre_id)


def zone_at(clinician: Clinician, centre_id: int | None) -> ZoneInfo:
    """The centre's zone, or that of who works at none."""
    return next((centre.zone for centre in clinician.centres if centre.id == centre_id), clinician.zone)
