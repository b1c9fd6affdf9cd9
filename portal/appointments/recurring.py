"""On which dates a series falls. Facts in, instants out: no session, no clock."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.appointments.series_models import Rhythm
from portal.core import clock

FEWEST, MOST = 2, 26
"""How many visits a series may have."""

DAYS = {Rhythm.WEEKLY: 7, Rhythm.FORTNIGHTLY: 14}


def starts_of(first: datetime, rhythm: Rhythm, count: int, where: ZoneInfo) -> list[datetime]:
    """So many starts from the first on, all at the same wall time of the zone, whatever its clocks do in between."""
    wall = clock.local(first, where)
    # The first may be the second of an hour that the clocks show twice; that is no wish for the dates after it.
    usual = wall.time().replace(fold=0)
    later = (_date_of(number, wall.date(), rhythm) for number in range(1, count))
    return [first, *(clock.at(day, usual, where) for day in later)]


def _date_of(number: int, first: date, rhythm: Rhythm) -> date:
    if rhythm is Rhythm.MONTHLY:
        return _months_later(first, number)
    return first + timedelta(days=DAYS[rhythm] * number)


def _months_later(first: date, months: int) -> date:
    """The same weekday of a later month: the second Tuesday after the second; after the fifth the last."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    begins = date(year, month + 1, 1)
    earliest = begins + timedelta(days=(first.weekday() - begins.weekday()) % 7)
    weeks = (first.day - 1) // 7
    in_month = (monthrange(year, month + 1)[1] - earliest.day) // 7
    return earliest + timedelta(weeks=min(weeks, in_month))
