"""Times that can be booked, and those that are taken."""

from datetime import date, datetime, time
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from portal.api.v1.representations.base import Body, Id, Listing, Shape
from portal.appointments.slots import Slot

LONGEST_RANGE = 92
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)

Day = Annotated[date, Field(ge=EARLIEST, le=LATEST)]
"""A date whose neighbours exist too, in every zone."""

Instant = Annotated[
    AwareDatetime, Field(json_schema_extra={"description": "With its zone, as in 2026-03-31T14:30:00Z."})
]


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("This must be an IANA time zone such as Europe/London.")
    return name


Zone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]


class OtherTime(Shape):
    """A free time that can be booked by its id instead of the one that was asked for."""

    id: str
    clinician_id: int
    centre_id: int | None
    service_id: int
    start_at: datetime
    end_at: datetime


class SlotShape(Shape):
    """`date`, `startTime` and `endTime` are in `timezone`; a time that is not free does not say who has it."""

    id: str
    clinician_id: int
    clinician_name: str
    centre_id: int | None
    service_id: int
    date: date
    start_time: time
    end_time: time
    timezone: str
    start_at: datetime
    end_at: datetime
    available: bool
    status: Literal["available", "booked"]
    price: float
    currency: str


class SlotDetail(SlotShape):
    appointment_id: int | None = Field(description="For those who may see the appointment.")


class SlotQuery(Listing):
    clinician_id: Id | None = None
    centre_id: Id | None = None
    service_id: Id | None = None
    date: Day | None = None
    start_date: Day | None = None
    end_date: Day | None = Field(None, description=f"At most {LONGEST_RANGE} days after startDate.")
    duration: Annotated[int, Field(ge=5, le=480)] | None = Field(None, description="Minutes.")
    timezone: Zone | None = Field(None, description="For dates and times; the centre's unless given.")
    only_available: bool = Field(default=True, description="False lists taken times too.")


class ExtraHours(Body):
    """Either instants, or a date with wall times of the centre."""

    start_at: Instant | None = None
    end_at: Instant | None = None
    date: Day | None = None
    start_time: time | None = None
    end_time: time | None = None

    @model_validator(mode="after")
    def is_one_way(self) -> Self:
        instants = self.start_at is not None and self.end_at is not None
        walls = None not in (self.date, self.start_time, self.end_time)
        if instants == walls:
            raise ValueError("Give startAt and endAt, or date, startTime and endTime.")
        return self


class Publication(Body):
    """A range whose slots are listed, or hours that are opened beside the week."""

    clinician_id: Id | None = Field(None, description="Oneself for clinicians.")
    centre_id: Id | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    overwrite: bool = Field(
        default=False, description="Slots follow the hours by themselves, so nothing is left to overwrite."
    )
    slots: list[ExtraHours] = Field(default=[], max_length=100)


class Published(Shape):
    generated: int
    items: list[SlotShape]


def other_time(slot: Slot) -> OtherTime:
    return OtherTime(
        id=slot.id,
        clinician_id=slot.clinician_id,
        centre_id=slot.centre_id,
        service_id=slot.service_id,
        start_at=slot.starts_at,
        end_at=slot.ends_at,
    )
