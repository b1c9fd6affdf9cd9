"""Series of visits: what is to repeat, each date of it, and the visits that were booked."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from portal.api.v1.representations.appointment_bodies import SlotId, TimeIn
from portal.api.v1.representations.appointments import AppointmentShape
from portal.api.v1.representations.base import Body, Id, Line, Query, Shape, Upper
from portal.api.v1.representations.slots import Instant
from portal.appointments.models import SessionType
from portal.appointments.recurring import FEWEST, MOST
from portal.appointments.series_models import Rhythm
from portal.scheduling.rules import Refusal


class Instead(Body):
    """What becomes of one date: another time within two weeks, or nothing where neither is given."""

    number: Annotated[int, Field(ge=1, le=MOST)]
    slot_id: SlotId | None = None
    start_at: Instant | None = None


class SeriesIn(TimeIn):
    """The first visit's time, as of an appointment, and how it repeats."""

    patient_id: Id
    rhythm: Annotated[Rhythm, Upper] = Field(
        description="MONTHLY is the same weekday of each month, as each second Tuesday."
    )
    count: Annotated[int, Field(ge=FEWEST, le=MOST)]
    session_type: Annotated[SessionType, Upper] | None = None
    instead: Annotated[list[Instead], Field(max_length=MOST)] = Field(
        default_factory=list, description="The dates that are not to be as planned."
    )
    dry_run: bool = Field(default=False, description="Look at the dates, and book nothing.")


class Rest(Query):
    reason: Line = Field("", description="Needed: the patient reads it.")


class OtherTime(Shape):
    slot_id: str
    start_at: datetime


class DateShape(Shape):
    """One date of a dry run. `startAt` is what would be booked; none where the date is left out."""

    number: int
    planned_at: datetime
    start_at: datetime | None
    is_free: bool
    refusal: Refusal | None
    message: str | None
    same_day: list[OtherTime] = Field(description="What is free on that date.")
    next_free: OtherTime | None = Field(description="Where the date cannot be as planned.")


class SeriesShape(Shape):
    """`dates` are of a dry run, `appointments` of a series that is booked, in order of time."""

    id: int | None
    rhythm: Rhythm
    dates: list[DateShape]
    appointments: list[AppointmentShape]
