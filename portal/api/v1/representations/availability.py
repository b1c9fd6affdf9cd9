"""A clinician's hours: the week, the dates on which it does not hold, and the booking rules."""

from datetime import date, datetime, time
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from portal.api.v1.representations.base import Body, Id, Line, Shape, Upper
from portal.api.v1.representations.slots import Day
from portal.appointments.models import Appointment
from portal.scheduling.commands import WeeklyHours
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


class IsoDay(IntEnum):
    """1 is Monday."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
AnyDay = Annotated[DayOfWeek, Upper] | IsoDay
SlotMinutes = Annotated[int, Field(ge=5, le=480)]
Window = Annotated[str, Field(pattern=rf"^{CLOCK}-{CLOCK}$", max_length=11)]


class RuleShape(Shape):
    day_of_week: DayOfWeek
    start_time: time
    end_time: time
    is_available: bool = True
    centre_id: int | None
    slot_duration: int | None = Field(description="Minutes between starts; null: as long as the visit takes.")
    week_of_month: int | None = Field(description="In that week of each month only.")


class BookingRulesShape(Shape):
    min_booking_notice: int = Field(description="Hours.")
    max_advance_booking: int = Field(description="Days.")
    cancellation_deadline: int = Field(description="Hours.")


class ExceptionShape(Shape):
    """The reason is for staff and the clinician."""

    id: int
    date: Date
    end_date: Date
    start_time: time | None
    end_time: time | None
    is_available: bool
    centre_id: int | None
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
    date_exceptions: list[ExceptionShape]
    is_active: bool
    created_at: datetime
    updated_at: datetime
    stranded: list[Stranded] | None = Field(None, description="After a change that was forced.")


class RuleIn(Body):
    day_of_week: AnyDay = Field(description="MONDAY to SUNDAY in any case, or 1 (Monday) to 7.")
    start_time: time
    end_time: time
    is_available: bool = True
    centre_id: Id | None = None
    slot_duration: SlotMinutes | None = None
    week_of_month: Annotated[int, Field(ge=1, le=5)] | None = None


class PatternSlot(Body):
    start_time: time
    end_time: time
    slot_duration: SlotMinutes | None = None


class PatternDay(Body):
    enabled: bool = True
    slots: list[PatternSlot] = Field(default=[], max_length=48)


class BookingRulesIn(Body):
    min_booking_notice: Annotated[int, Field(ge=0, le=720)] = 24
    max_advance_booking: Annotated[int, Field(ge=1, le=730)] = 90
    cancellation_deadline: Annotated[int, Field(ge=0, le=720)] = 24


class ExceptionIn(Body):
    """A day or several; without times the whole day. Extra hours need times."""

    date: Day
    end_date: Day | None = None
    start_time: time | None = None
    end_time: time | None = None
    is_available: bool = False
    centre_id: Id | None = None
    reason: Line = ""


def _lower(value: Any) -> Any:
    return {str(key).lower(): inner for key, inner in value.items()} if isinstance(value, dict) else value


Lower = BeforeValidator(_lower)
DayName = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Map = Annotated[dict[DayName, Annotated[list[Window], Field(max_length=48)]], Lower, Field(max_length=7)]
Pattern = Annotated[dict[DayName, PatternDay], Lower, Field(max_length=7)]


class AvailabilityIn(Body):
    """Hours may be given in three forms: `rules` as a list, `rules` as a map of days, `weeklyPattern`."""

    type: Annotated[str, Field(max_length=20)] | None = None
    timezone: Line | None = Field(
        None, description="Hours are in the zone of their centre; another one is refused."
    )
    rules: Annotated[list[RuleIn], Field(max_length=100)] | Map | None = None
    weekly_pattern: Pattern | None = None
    slot_duration: SlotMinutes | None = Field(None, description="For rules that name none.")
    booking_rules: BookingRulesIn | None = None
    date_exceptions: Annotated[list[ExceptionIn], Field(max_length=200)] | None = None
    is_active: bool | None = Field(None, description="Whether new bookings are taken.")
    force: bool = Field(
        default=False, description="Go on although appointments stay booked outside the hours."
    )

    @model_validator(mode="after")
    def is_one_form(self) -> Self:
        if self.rules is not None and self.weekly_pattern is not None:
            raise ValueError("Give rules or weeklyPattern, not both.")
        return self

    @property
    def days(self) -> set[int] | None:
        """The weekdays that are spoken of, or None where the week is not."""
        if self.rules is None and self.weekly_pattern is None:
            return None
        named = {DayOfWeek(name.upper()).number for name in self.weekly_pattern or {}}
        if isinstance(self.rules, dict):
            named |= {DayOfWeek(name.upper()).number for name in self.rules}
        return named | {_number(rule.day_of_week) for rule in self._listed()}

    def hours(self, usual_centre_id: int | None) -> list[WeeklyHours]:
        """The week that is given, at the usual centre where none is named."""
        return [
            WeeklyHours(
                _number(rule.day_of_week),
                rule.start_time.replace(tzinfo=None),
                rule.end_time.replace(tzinfo=None),
                rule.centre_id or usual_centre_id,
                rule.week_of_month,
                rule.slot_duration or self.slot_duration,
            )
            for rule in self._all_rules()
            if rule.is_available
        ]

    def _listed(self) -> list[RuleIn]:
        return self.rules if isinstance(self.rules, list) else []

    def _all_rules(self) -> list[RuleIn]:
        rules = self._listed()
        for name, windows in (self.rules if isinstance(self.rules, dict) else {}).items():
            for window in windows:
                start, _, end = window.partition("-")
                rules = [*rules, RuleIn(dayOfWeek=name, startTime=start, endTime=end)]  # type: ignore[call-arg]
        for name, day in (self.weekly_pattern or {}).items():
            rules = [
                *rules,
                *(
                    RuleIn(  # type: ignore[call-arg]
                        dayOfWeek=name,
                        startTime=slot.start_time,
                        endTime=slot.end_time,
                        slotDuration=slot.slot_duration,
                    )
                    for slot in day.slots
                    if day.enabled
                ),
            ]
        return rules


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


def _number(day: DayOfWeek | IsoDay) -> int:
    return day.number if isinstance(day, DayOfWeek) else int(day)
