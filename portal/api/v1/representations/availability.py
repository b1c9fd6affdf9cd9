"""A clinician's hours as they go out: the week, the dates on which it does not hold, and the booking rules."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from portal.api.v1.representations.base import Shape
from portal.api.v1.representations.slots import TimeOfDay
from portal.appointments.models import Appointment
from portal.scheduling.models import DateException, WeeklyRule

Date = date  # a field of that name hides the type


class DayOfWeek(StrEnum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"

    @property
    def number(self) -> int:
        """ISO: 1 is Monday."""
        return list(DayOfWeek).index(self) + 1

    @classmethod
    def of(cls, number: int) -> "DayOfWeek":
        return list(cls)[number - 1]


class RuleShape(Shape):
    day_of_week: DayOfWeek
    start_time: TimeOfDay
    end_time: TimeOfDay
    is_available: Literal[True] = True
    centre_id: int | None
    slot_duration: int | None = Field(description="Minutes between starts; null: as long as the visit takes.")
    week_of_month: int | None = Field(description="In that week of each month only.")


class BookingRulesShape(Shape):
    min_booking_notice: int = Field(description="Hours.")
    max_advance_booking: int = Field(description="Days.")
    cancellation_deadline: int = Field(description="Hours.")


class ExceptionShape(Shape):
    """A day or several. The reason is for the clinician and those who keep the hours."""

    id: int
    date: Date
    end_date: Date
    start_time: TimeOfDay | None = Field(description="Null: whole days.")
    end_time: TimeOfDay | None
    is_available: bool = Field(description="True: extra hours; false: away.")
    centre_id: int | None = Field(description="Null: at all centres.")
    reason: str | None


class Stranded(Shape):
    """An appointment that stays booked outside the hours."""

    id: int
    start_at: datetime


class AvailabilityShape(Shape):
    clinician_id: int
    type: Literal["weekly", "monthly"]
    timezone: str
    rules: list[RuleShape]
    booking_rules: BookingRulesShape
    date_exceptions: list[ExceptionShape] = Field(description="Those that are not over.")
    is_active: bool
    created_at: datetime
    updated_at: datetime
    stranded: list[Stranded] | None = Field(None, description="After a change that was forced.")


def rule_shape(rule: WeeklyRule) -> RuleShape:
    return RuleShape(
        day_of_week=DayOfWeek.of(rule.weekday),
        start_time=rule.start_time,
        end_time=rule.end_time,
        centre_id=rule.centre_id,
        slot_duration=rule.slot_minutes,
        week_of_month=rule.week_of_month,
    )


def exception_shape(exception: DateException, *, with_reason: bool) -> ExceptionShape:
    return ExceptionShape(
        id=exception.id,
        date=exception.starts_on,
        end_date=exception.ends_on,
        start_time=exception.start_time,
        end_time=exception.end_time,
        is_available=exception.is_available,
        centre_id=exception.centre_id,
        reason=exception.reason if with_reason else None,
    )


def stranded_shape(appointment: Appointment) -> Stranded:
    return Stranded(id=appointment.id, start_at=appointment.starts_at)
