"""Who lies outside working hours, counted minute by minute on the wall clock by somebody who knows no intervals."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core import clock
from portal.scheduling.intervals import Interval
from portal.scheduling.rules import Exceptional, Hours, Timetable

ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata"]
BEGINNINGS = [date(2026, 3, 5), date(2026, 3, 26), date(2026, 4, 2), date(2026, 10, 22), date(2026, 10, 29)]
# The clocks change at night, when nobody here works: then the wall clock alone says who works.
TIMES = st.integers(5 * 4, 21 * 4).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
SPANS = st.tuples(TIMES, TIMES).filter(lambda span: span[0] < span[1])


@st.composite
def exceptions(draw: st.DrawFn, first: date) -> Exceptional:
    starts_on = first + timedelta(days=draw(st.integers(0, 6)))
    ends_on = starts_on + timedelta(days=draw(st.integers(0, 2)))
    is_available = draw(st.booleans())
    start, end = draw(SPANS if is_available else SPANS | st.just((None, None)))
    return Exceptional(starts_on, ends_on, start, end, is_available)


def works_at(timetable: Timetable, minute: datetime) -> bool:
    wall = clock.local(minute, timetable.zone)
    on, at = wall.date(), wall.time()

    def holds(one: Hours | Exceptional) -> bool:
        return one.start_time is None or one.end_time is None or one.start_time <= at < one.end_time

    ruled = [one for one in timetable.exceptions if one.starts_on <= on <= one.ends_on and holds(one)]
    is_open = any(hours.weekday == on.isoweekday() and holds(hours) for hours in timetable.hours)
    is_open = is_open or any(one.is_available for one in ruled)
    return is_open and on not in timetable.holidays and all(one.is_available for one in ruled)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), zone=st.sampled_from(ZONES), first=st.sampled_from(BEGINNINGS))
def test_exactly_those_are_outside_for_whom_some_minute_is_not_worked(
    data: st.DataObject, zone: str, first: date
) -> None:
    weekly = st.builds(lambda day, span: Hours(day, *span), st.integers(1, 7), SPANS)
    timetable = Timetable(
        ZoneInfo(zone),
        data.draw(st.lists(weekly, max_size=8)),
        data.draw(st.lists(exceptions(first), max_size=4)),
        frozenset(
            data.draw(st.sets(st.integers(0, 6).map(lambda day: first + timedelta(days=day)), max_size=2))
        ),
    )
    for _ in range(12):
        day = first + timedelta(days=data.draw(st.integers(0, 6)))
        start = clock.at(day, data.draw(TIMES), timetable.zone)
        minutes = data.draw(st.sampled_from([15, 30, 60, 90]))
        is_worked = all(works_at(timetable, start + timedelta(minutes=one)) for one in range(0, minutes, 5))
        visit = Interval(start, start + timedelta(minutes=minutes))
        assert timetable.is_working(visit) is is_worked
        assert (timetable.off_duty(visit) is None) is is_worked
