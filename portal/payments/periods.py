"""Periods of whole days, as people ask for figures: a week, a month, a year, or from one day to another."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.core import clock
from portal.core.errors import Invalid, _

DAY = timedelta(days=1)
LONGEST_DAYS = 366


class Span(StrEnum):
    """Of the calendar: a week begins on Monday."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Period:
    """From `first` to `last`, both included."""

    first: date
    last: date

    @classmethod
    def around(cls, day: date, span: Span) -> "Period":
        """The week, month or year in which that day lies."""
        if span is Span.WEEK:
            monday = day - day.weekday() * DAY
            return cls(monday, monday + 6 * DAY)
        if span is Span.MONTH:
            length = calendar.monthrange(day.year, day.month)[1]
            return cls(day.replace(day=1), day.replace(day=length))
        return cls(date(day.year, 1, 1), date(day.year, 12, 31))

    @classmethod
    def between(cls, first: date | None, last: date | None) -> "Period | None":
        """From one day to the other, None where neither is given.

        Raises Invalid unless both are, in their order, a year apart at most.
        """
        if first is None and last is None:
            return None
        if first is None:
            raise Invalid(details={"start_date": _("Give the first day as well.")})
        if last is None:
            raise Invalid(details={"end_date": _("Give the last day as well.")})
        if last < first:
            raise Invalid(details={"end_date": _("The end must not be before the start.")})
        if (last - first).days >= LONGEST_DAYS:
            raise Invalid(details={"end_date": _("Choose a year at most.")})
        return cls(first, last)

    @property
    def days(self) -> list[date]:
        return [self.first + number * DAY for number in range((self.last - self.first).days + 1)]

    @property
    def span(self) -> Span | None:
        """The week, month or year that it is, if it is one."""
        return next((span for span in Span if Period.around(self.first, span) == self), None)

    @property
    def before(self) -> "Period":
        """The one that ends the day before."""
        last = self.first - DAY
        return Period.around(last, self.span) if self.span else Period(last - (self.last - self.first), last)

    @property
    def after(self) -> "Period":
        """The one that begins the day after."""
        first = self.last + DAY
        return (
            Period.around(first, self.span) if self.span else Period(first, first + (self.last - self.first))
        )

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its first instant and the first one after it, on the zone's calendar."""
        return clock.midnight(self.first, zone), clock.midnight(self.last + DAY, zone)
