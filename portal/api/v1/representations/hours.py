"""A clinician's hours as they may be given: in each of the documented forms."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, StrictBool, StrictInt, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from portal.api.v1.representations.availability import DayOfWeek
from portal.api.v1.representations.base import Body, Id, Line
from portal.api.v1.representations.slots import Day, Wall
from portal.scheduling.commands import WeeklyHours

MOST_RULES = 100
WINDOW = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"
DAYS = [day.lower() for day in DayOfWeek]
NO_HOURS = {"startTime": "00:00", "endTime": "00:00", "isAvailable": False}
"""A rule that speaks of its day and opens nothing."""


@dataclass(frozen=True, eq=False)
class Also:
    """Says in the document that another form is accepted too; a validator before brings it into the usual one."""

    schema: JsonSchemaValue

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [handler(core_schema), self.schema]}


def _day_of_week(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 7:
        return DayOfWeek.of(value)
    return value.upper() if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    """Hours by the name of the day, as the rules that they are."""
    if not isinstance(value, dict):
        return value
    return [rule for day, windows in value.items() for rule in _rules_of(str(day), windows)]


def _rules_of(day: str, windows: Any) -> list[dict[str, Any]]:
    if day.lower() not in DAYS or not isinstance(windows, list):
        raise ValueError('Give each day a list of hours: {"monday": ["09:00-12:30"]}.')
    if not all(isinstance(window, str) and re.fullmatch(WINDOW, window) for window in windows):
        raise ValueError("Write hours as 09:00-12:30.")
    parts = [window.partition("-") for window in windows]
    rules = [{"dayOfWeek": day, "startTime": start, "endTime": end} for start, _, end in parts]
    return rules or [{"dayOfWeek": day, **NO_HOURS}]


def _lower(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key).lower(): inner for key, inner in value.items()}
    return value.lower() if isinstance(value, str) else value


AnyDay = Annotated[
    DayOfWeek, BeforeValidator(_day_of_week), Also({"type": "integer", "minimum": 1, "maximum": 7})
]
BY_DAY: JsonSchemaValue = {
    "type": "object",
    "description": "Hours by day.",
    "propertyNames": {"enum": DAYS},
    "additionalProperties": {
        "type": "array",
        "maxItems": MOST_RULES,
        "items": {"type": "string", "pattern": WINDOW, "maxLength": 11},
    },
}
SlotMinutes = Annotated[StrictInt, Field(ge=5, le=480)]
DayName = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class RuleIn(Body):
    day_of_week: AnyDay = Field(description="MONDAY to SUNDAY in any case, or 1 (Monday) to 7.")
    start_time: Wall
    end_time: Wall
    is_available: StrictBool = Field(default=True, description="False: not these hours.")
    centre_id: Id | None = Field(None, description="The usual centre unless given.")
    slot_duration: SlotMinutes | None = None
    week_of_month: Annotated[StrictInt, Field(ge=1, le=5)] | None = None


class PatternSlot(Body):
    start_time: Wall
    end_time: Wall
    slot_duration: SlotMinutes | None = None


class PatternDay(Body):
    enabled: StrictBool = True
    slots: list[PatternSlot] = Field(default=[], max_length=48)


class BookingRulesIn(Body):
    """What is not given stays."""

    min_booking_notice: Annotated[StrictInt, Field(ge=0, le=720, description="Hours.")] = 24
    max_advance_booking: Annotated[StrictInt, Field(ge=1, le=730, description="Days.")] = 90
    cancellation_deadline: Annotated[StrictInt, Field(ge=0, le=720, description="Hours.")] = 24


class ExceptionIn(Body):
    """A day or several; without times the whole day. Extra hours need times."""

    date: Day
    end_date: Day | None = Field(None, description="One day unless given.")
    start_time: Wall | None = None
    end_time: Wall | None = None
    is_available: StrictBool = Field(default=False, description="True: extra hours; false: away.")
    centre_id: Id | None = Field(None, description="Unless given: away from all, open at the usual one.")
    reason: Line = ""


Rules = Annotated[list[RuleIn], Field(max_length=MOST_RULES), BeforeValidator(_listed), Also(BY_DAY)]
Pattern = Annotated[dict[DayName, PatternDay], BeforeValidator(_lower), Field(max_length=7)]


@dataclass(frozen=True)
class Named:
    """Hours, and the field in which they were given."""

    field: str
    hours: WeeklyHours


class AvailabilityIn(Body):
    """Hours may be given in three forms: `rules` as a list, `rules` by day, and `weeklyPattern`."""

    type: Annotated[Literal["weekly", "monthly", "custom"], BeforeValidator(_lower)] | None = Field(
        None, description="Follows from the rules."
    )
    timezone: Line | None = Field(
        None, description="Hours are in the zone of their centre; another one is refused."
    )
    rules: Rules | None = None
    weekly_pattern: Pattern | None = None
    slot_duration: SlotMinutes | None = Field(None, description="For rules that name none.")
    booking_rules: BookingRulesIn | None = None
    date_exceptions: Annotated[list[ExceptionIn], Field(max_length=200)] | None = None
    is_active: StrictBool | None = Field(None, description="Whether new bookings are taken.")
    force: StrictBool = Field(
        default=False, description="Go on although appointments stay booked outside the hours."
    )

    @model_validator(mode="after")
    def is_one_form(self) -> Self:
        if self.rules is not None and self.weekly_pattern is not None:
            raise ValueError("Give rules or weeklyPattern, not both.")
        return self

    @property
    def weekdays(self) -> set[int] | None:
        """The weekdays that are spoken of, or None where the week is not."""
        if self.rules is None and self.weekly_pattern is None:
            return None
        days = [rule.day_of_week for rule in self.rules or []]
        days += [DayOfWeek(name.upper()) for name in self.weekly_pattern or {}]
        return {day.number for day in days}

    def week(self, usual_centre_id: int | None) -> list[Named]:
        """The hours that are given, at the usual centre where none is named."""
        return [
            Named(
                field,
                WeeklyHours(
                    rule.day_of_week.number,
                    rule.start_time,
                    rule.end_time,
                    rule.centre_id or usual_centre_id,
                    rule.week_of_month,
                    rule.slot_duration or self.slot_duration,
                ),
            )
            for field, rule in self._fields()
            if rule.is_available
        ]

    def _fields(self) -> list[tuple[str, RuleIn]]:
        pattern = [
            (f"weekly_pattern.{name}.slots.{number}", _of_pattern(name, slot))
            for name, day in (self.weekly_pattern or {}).items()
            for number, slot in enumerate(day.slots)
            if day.enabled
        ]
        return [(f"rules.{number}", rule) for number, rule in enumerate(self.rules or [])] + pattern


def _of_pattern(name: str, slot: PatternSlot) -> RuleIn:
    facts = {"dayOfWeek": name, **slot.model_dump(by_alias=True)}
    return RuleIn.model_validate(facts)
