"""A month of a clinician."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from portal.api.v1.representations.base import Id, Query, Shape
from portal.api.v1.representations.slots import TimeOfDay, Zone

MONTH = r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$"


class CalendarQuery(Query):
    month: Annotated[str, Field(pattern=MONTH, max_length=7)] | None = Field(
        None, description="As 2026-03; this month unless given."
    )
    timezone: Zone | None = Field(None, description="Of the viewer; the centre's unless given.")
    service_id: Id | None = Field(None, description="The usual service unless given.")
    centre_id: Id | None = None


class CalendarTime(Shape):
    id: str
    start_time: TimeOfDay
    end_time: TimeOfDay
    status: Literal["available", "booked"]
    price: float


class Calendar(Shape):
    """Times by date, those that are taken too; who has them is nobody's business here."""

    clinician_id: int
    clinician_name: str
    timezone: str
    currency: str
    calendar: dict[date, list[CalendarTime]]
