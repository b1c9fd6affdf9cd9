"""Time zones as calendar files carry them: the changes of the clocks around some visits, and no others."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from portal.core import clock

MINUTE, WEEK = timedelta(minutes=1), timedelta(weeks=1)
# Far enough back for one change into summer time and one out of it: some programs refuse a zone with only one of them.
LOOK_BACK = timedelta(days=366)
WEEKS_MINUTES = range(1, WEEK // MINUTE + 1)


def definition(zone: ZoneInfo, first: datetime, last: datetime) -> Timezone:
    """The VTIMEZONE of the zone, right for every instant from `first` to `last` (aware, both included)."""
    start = clock.in_utc(first).replace(second=0, microsecond=0) - LOOK_BACK
    component = Timezone()
    component.add("TZID", zone.key)
    if not any(moment <= first for moment in _changes(zone, start, first)):
        component.add_component(_observance(zone, start, _offset(zone, start)))
    for moment in _changes(zone, start, last):
        component.add_component(_observance(zone, moment, _offset(zone, moment - MINUTE)))
    return component


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The instants after `start`, until `end`, at which the clocks of the zone show another offset.

    The zones' data cannot be asked for them, so we look each week; no zone has changed its clocks twice within one.
    """
    while start < end:
        before = _offset(zone, start)
        if _offset(zone, start + WEEK) != before:
            moment = start + MINUTE * (1 + _first_other(zone, start, before))
            if moment <= end:
                yield moment
        start += WEEK


def _first_other(zone: ZoneInfo, start: datetime, before: timedelta) -> int:
    """The index in WEEKS_MINUTES of the first minute with another offset."""
    return bisect_left(WEEKS_MINUTES, 1, key=lambda minute: _offset(zone, start + MINUTE * minute) != before)


def _observance(zone: ZoneInfo, moment: datetime, before: timedelta) -> TimezoneStandard | TimezoneDaylight:
    """What holds from that instant on. RFC 5545 wants the moment in wall time as the clocks showed it until then."""
    local = clock.local(moment, zone)
    component = TimezoneDaylight() if local.dst() else TimezoneStandard()
    component.add("DTSTART", (moment + before).replace(tzinfo=None))
    component.add("TZOFFSETFROM", before)
    component.add("TZOFFSETTO", _offset(zone, moment))
    component.add("TZNAME", local.tzname())
    return component


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return clock.local(instant, zone).utcoffset() or timedelta(0)
