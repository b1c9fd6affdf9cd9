"""Times that can be booked."""

from datetime import datetime

from portal.api.v1.representations.base import Shape
from portal.appointments.slots import Slot


class OtherTime(Shape):
    """A free time that can be booked by its id instead of the one that was asked for."""

    id: str
    clinician_id: int
    centre_id: int | None
    service_id: int
    start_at: datetime
    end_at: datetime


def other_time(slot: Slot) -> OtherTime:
    return OtherTime(
        id=slot.id,
        clinician_id=slot.clinician_id,
        centre_id=slot.centre_id,
        service_id=slot.service_id,
        start_at=slot.starts_at,
        end_at=slot.ends_at,
    )
