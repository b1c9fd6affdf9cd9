"""Times that can be booked, and those that are taken."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StrictBool,
    WithJsonSchema,
    model_validator,
)

from portal.api.v1.representations.base import Body, Id, Listing, Shape
from portal.appointments.slots import Slot
from portal.core import clock

LONGEST_DAYS = 31
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)
WHOLE_MINUTES = r"^([01]\d|2[0-3]):[0-5]\d(:00)?$"


def _written(value: Any) -> Any:
    """As text: pydantic would take numbers for seconds since 1970."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("This must be a date written as 2026-03-31, and a time as 2026-03-31T14:30:00Z.")
    return value


def _near(instant: datetime) -> datetime:
    first, last = (datetime(day.year, 1, 1, tzinfo=UTC) for day in (EARLIEST, LATEST))
    if not first <= instant < last:
        raise ValueError("This must be between the years 2000 and 2200.")
    return clock.in_utc(instant)


def _wall(value: Any) -> Any:
    if isinstance(value, time) or (isinstance(value, str) and re.fullmatch(WHOLE_MINUTES, value)):
        return value
    raise ValueError("This must be a time of day in whole minutes, such as 09:30.")


def _known_zone(name: str) -> str:
    try:
        return clock.zone(name).key
    except ValueError:
        raise ValueError("This must be an IANA time zone such as Europe/London.") from None


Day = Annotated[date, BeforeValidator(_written), Field(ge=EARLIEST, le=LATEST)]
"""A date whose neighbours exist too, in every zone."""

Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    AfterValidator(_near),
    Field(json_schema_extra={"description": "With its zone, as in 2026-03-31T14:30:00Z."}),
]

Wall = Annotated[
    time,
    BeforeValidator(_wall),
    WithJsonSchema(
        {"type": "string", "pattern": WHOLE_MINUTES, "maxLength": 8, "examples": ["09:30"]}, mode="validation"
    ),
]
"""A time of day, in whole minutes, without a zone: that of the centre is meant."""

TimeOfDay = Annotated[
    time, WithJsonSchema({"type": "string", "pattern": r"^\d\d:\d\d:\d\d$", "examples": ["09:30:00"]})
]
"""A wall time as it goes out; JSON Schema's own format of times would want a zone."""

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
    start_time: TimeOfDay
    end_time: TimeOfDay
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
    date: Day | None = Field(None, description="Instead of startDate and endDate.")
    start_date: Day | None = Field(None, description="Today unless given.")
    end_date: Day | None = Field(
        None,
        description=f"At most {LONGEST_DAYS} days after startDate, 14 without clinicianId and serviceId; "
        "a week unless given.",
    )
    duration: Annotated[int, Field(ge=5, le=480)] | None = Field(None, description="Minutes.")
    timezone: Zone | None = Field(None, description="For dates and times; the centre's unless given.")
    only_available: bool = Field(default=True, description="False lists taken times too.")

    @model_validator(mode="after")
    def is_one_range(self) -> Self:
        if self.date and (self.start_date or self.end_date):
            raise ValueError("Give date, or startDate and endDate.")
        return self


class ExtraHours(Body):
    """Either instants, or a date with wall times of the centre."""

    start_at: Instant | None = None
    end_at: Instant | None = None
    date: Day | None = None
    start_time: Wall | None = None
    end_time: Wall | None = None

    @model_validator(mode="after")
    def is_one_way(self) -> Self:
        instants = [self.start_at, self.end_at]
        walls = [self.date, self.start_time, self.end_time]
        given, other = (instants, walls) if self.start_at else (walls, instants)
        if None in given or any(part is not None for part in other):
            raise ValueError("Give startAt and endAt, or date, startTime and endTime.")
        return self


class Publication(Body):
    """A range whose slots are listed, or hours that are opened beside the week."""

    clinician_id: Id | None = Field(None, description="Oneself for clinicians.")
    centre_id: Id | None = Field(None, description="Where the hours are; the usual centre unless given.")
    start_date: Day | None = Field(None, description="Today, or the first of the hours given, unless given.")
    end_date: Day | None = Field(None, description="As far as patients may book; a week unless given.")
    overwrite: StrictBool = Field(
        default=False,
        description="Slots follow the hours by themselves, so nothing is left to overwrite; hours opened by "
        "hand stay, and so does what is booked.",
    )
    slots: list[ExtraHours] = Field(default=[], max_length=100)


class Published(Shape):
    generated: int
    items: list[SlotShape] = Field(description="The first 500.")


def other_time(slot: Slot) -> OtherTime:
    return OtherTime(
        id=slot.id,
        clinician_id=slot.clinician_id,
        centre_id=slot.centre_id,
        service_id=slot.service_id,
        start_at=slot.starts_at,
        end_at=slot.ends_at,
    )
