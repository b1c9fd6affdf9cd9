"""The free times nearest to a wish: the first of each clinician, and others in the place of one that is gone."""

import heapq
from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability
from portal.appointments.slots import Slot
from portal.people.models import Clinician
from portal.scheduling.models import Service
from portal.scheduling.queries import booking_rules
from portal.scheduling.rosters import roster

A_DAY, A_WEEK, FIRST_LOOK, LAST_LOOK = (timedelta(days=number) for number in (1, 7, 14, 180))


def first_free_by_clinician(
    session: Session,
    clinicians: Sequence[Clinician],
    services: dict[int, list[Service]],
    asking: Asking,
    *,
    centre_id: int | None = None,
) -> dict[int, Slot]:
    """The next free slot of each clinician. Most have one within a week; only for the others do we look on."""
    found: dict[int, Slot] = {}
    left = [clinician for clinician in clinicians if services.get(clinician.id)]
    today = asking.at.date()
    ids = [clinician.id for clinician in left]
    known = roster(session, ids, today - A_DAY, today + LAST_LOOK, centre_id=centre_id)
    for first, last in ((today - A_DAY, today + A_WEEK), (today + A_WEEK, today + LAST_LOOK)):
        left = [clinician for clinician in left if clinician.id not in found]
        if not left:
            break
        availability = Availability(session, left, first, last, asking, known=known)
        for clinician in left:
            slot = availability.first_free(services[clinician.id])
            if slot:
                found[clinician.id] = slot
    return found


def alternatives(
    session: Session,
    clinician: Clinician,
    service: Service,
    wanted: datetime,
    asking: Asking,
    *,
    count: int = 3,
) -> list[Slot]:
    """Free slots of the same service nearest to the wanted time, in order of start.

    For a time that nobody can have they are the nearest to the first or the last that can be had. There are none
    where the clinician or the service takes no bookings.
    """
    if not (clinician.is_active and clinician.is_accepting and service.is_active):
        return []
    window = asking.window(booking_rules(session, clinician.id))
    day = min(max(wanted, window.opens_at), window.closes_at).date()
    nearby = Availability(session, [clinician], day - FIRST_LOOK, day + FIRST_LOOK, asking)
    nearest = heapq.nsmallest(count, nearby.free(service), key=lambda slot: abs(slot.starts_at - wanted))
    return sorted(nearest, key=attrgetter("starts_at"))
