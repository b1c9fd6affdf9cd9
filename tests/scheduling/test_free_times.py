"""Free times, whatever the hours, the zone and the diary: what is listed is right, what is not has its reason."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.scheduling.intervals import Interval, merged
from portal.scheduling.rules import Exceptional, Hours, Refusal, Shape, Timetable, Window
from tests.scheduling.oracle import MINUTE, Oracle

LONDON = ZoneInfo("Europe/London")
ZONES = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Europe/Paris",
]
# Days on which the clocks change somewhere in these zones, and some on which they do not.
NOTABLE_DAYS = [
    date(2026, 2, 15),
    date(2026, 3, 2),
    date(2026, 3, 7),
    date(2026, 3, 8),
    date(2026, 3, 22),
    date(2026, 3, 29),
    date(2026, 4, 5),
    date(2026, 10, 4),
    date(2026, 10, 25),
    date(2026, 11, 1),
]


def wall_times(least: int = 0, most: int = 24 * 60 - 1) -> st.SearchStrategy[int]:
    """Minutes of a day: mostly round ones."""
    fives = st.integers(-(-least // 5), most // 5).map(lambda five: five * 5)
    return st.one_of(fives, fives, st.integers(least, most))


@st.composite
def spans(draw: st.DrawFn) -> tuple[time, time]:
    start = draw(wall_times(most=23 * 60))
    end = draw(wall_times(least=start + 1))
    return time(start // 60, start % 60), time(end // 60, end % 60)


@st.composite
def timetables(draw: st.DrawFn, days: list[date]) -> Timetable:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    hours = [
        Hours(
            draw(st.sampled_from(days)).isoweekday(),
            *draw(spans()),
            week_of_month=draw(st.sampled_from([None, None, None, 1, 2, 4, 5])),
            slot_minutes=draw(st.sampled_from([None, None, 15, 20, 45])),
        )
        for _ in range(draw(st.integers(1, 4)))
    ]
    exceptions = []
    for _ in range(draw(st.integers(0, 3))):
        first, is_available = draw(st.sampled_from(days)), draw(st.booleans())
        start, end = draw(spans()) if is_available or draw(st.booleans()) else (None, None)
        last = first + timedelta(days=draw(st.integers(0, 2)))
        exceptions.append(Exceptional(first, last, start, end, is_available))
    return Timetable(
        zone=zone,
        hours=hours,
        exceptions=exceptions,
        holidays=frozenset(draw(st.sets(st.sampled_from(days), max_size=1)) if draw(st.booleans()) else ()),
        busy=merged(draw(st.lists(moments(days), max_size=6))),
        engaged=merged(draw(st.lists(moments(days), max_size=3))),
    )


def moments(days: list[date]) -> st.SearchStrategy[Interval]:
    """Intervals on and around the days."""
    start = datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC) - timedelta(hours=12)
    most = (len(days) + 1) * 24 * 60
    return st.builds(
        lambda first, length: Interval(start + MINUTE * first, start + MINUTE * (first + length)),
        wall_times(0, most),
        st.integers(1, 300),
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[date], Oracle]:
    """A timetable of two days, a visit, and when it is asked about."""
    first = draw(st.sampled_from(NOTABLE_DAYS))
    days = [first, first + timedelta(days=1)]
    shape = Shape(
        draw(st.sampled_from([5, 20, 30, 45, 60, 90])),
        draw(st.sampled_from([0, 0, 5, 10])),
        draw(st.sampled_from([0, 0, 10, 15])),
    )
    at = datetime(first.year, first.month, first.day, tzinfo=UTC) - MINUTE * draw(st.integers(-900, 4000))
    window = Window.for_patients(at, draw(st.sampled_from([0, 0, 1, 12, 24, 48])), draw(st.integers(1, 5)))
    return days, Oracle(draw(timetables(days)), shape, window, at)


@settings(max_examples=250)
@given(questions())
def test_what_is_listed_is_what_a_walk_through_the_minutes_finds(
    question: tuple[list[date], Oracle],
) -> None:
    days, oracle = question
    visits = list(oracle.timetable.free(oracle.shape, oracle.window, days[0], days[-1]))
    assert {visit.start for visit in visits} == oracle.listed(days)
    assert visits == sorted(visits, key=lambda visit: visit.start)
    assert {visit.end - visit.start for visit in visits} <= {oracle.shape.length}


@settings(max_examples=120)
@given(questions(), st.data())
def test_every_start_has_the_reason_that_a_walk_through_the_minutes_finds(
    question: tuple[list[date], Oracle], data: st.DataObject
) -> None:
    days, oracle = question
    begins = datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC) - timedelta(hours=12)
    offset, step = data.draw(st.integers(0, 6)), data.draw(st.sampled_from([7, 11, 13]))
    starts = {begins + MINUTE * minute for minute in range(offset, 72 * 60, step)}
    for visit in oracle.timetable.free(oracle.shape, oracle.window, days[0], days[-1]):
        around = (timedelta(0), MINUTE, -MINUTE, timedelta(seconds=30), oracle.shape.length)
        starts |= {visit.start + shift for shift in around}
    for start in starts:
        assert refusal(oracle, start) == oracle.refusal(start), start


@settings(max_examples=250)
@given(questions())
def test_a_listed_visit_is_open_to_all_that_could_stand_in_its_way(
    question: tuple[list[date], Oracle],
) -> None:
    days, oracle = question
    timetable, shape, window = oracle.timetable, oracle.shape, oracle.window
    for visit in timetable.free(shape, window, days[0], days[-1]):
        taken = Interval(
            visit.start - MINUTE * shape.before_minutes, visit.end + MINUTE * shape.after_minutes
        )
        assert refusal(oracle, visit.start) is None
        assert timetable.is_working(visit)
        assert not any(taken.overlaps(busy) for busy in timetable.busy)
        assert not any(visit.overlaps(engaged) for engaged in timetable.engaged)
        assert window.opens_at <= visit.start < window.closes_at


def refusal(oracle: Oracle, start: datetime) -> Refusal | None:
    return oracle.timetable.refusal(start, oracle.shape, oracle.window, oracle.at)


MONDAY = date(2026, 3, 2)
HOUR = Shape(60)
ALWAYS = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def starts(timetable: Timetable, shape: Shape = HOUR, day: date = MONDAY) -> list[str]:
    visits = timetable.free(shape, ALWAYS, day, day)
    return [f"{visit.start.astimezone(timetable.zone):%H:%M}" for visit in visits]


def london(*hours: Hours, **facts: object) -> Timetable:
    return Timetable(zone=LONDON, hours=hours, **facts)  # type: ignore[arg-type]


def test_visits_follow_one_another_by_their_length_and_pauses() -> None:
    table = london(Hours(1, time(9), time(12)))
    assert starts(table) == ["09:00", "10:00", "11:00"]
    assert starts(table, Shape(50)) == ["09:00", "09:50", "10:40"]
    assert starts(table, Shape(45, 5, 10)) == ["09:00", "10:00", "11:00"]


def test_hours_may_have_a_step_of_their_own() -> None:
    table = london(Hours(1, time(9), time(10, 30), slot_minutes=15))
    assert starts(table) == ["09:00", "09:15", "09:30"]


def test_hours_that_touch_are_one_opening_unless_their_steps_differ() -> None:
    assert starts(london(Hours(1, time(9), time(10, 30)), Hours(1, time(10, 30), time(12)))) == [
        "09:00",
        "10:00",
        "11:00",
    ]
    mixed = london(Hours(1, time(9), time(10, 30)), Hours(1, time(10, 30), time(12), slot_minutes=30))
    assert starts(mixed) == ["09:00", "10:30", "11:00"]
    across = Interval(datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 2, 11, tzinfo=UTC))
    assert mixed.is_working(across), "somebody who moved from one to the other is not stranded"


def test_a_visit_that_does_not_fit_before_the_end_is_not_offered() -> None:
    assert starts(london(Hours(1, time(9), time(10, 59)))) == ["09:00"]
    assert starts(london(Hours(1, time(9), time(9, 59)))) == []


@pytest.mark.parametrize(
    ("week_of_month", "march", "april"),
    [
        (1, [3], [7]),
        (2, [10], [14]),
        (4, [24], [28]),
        (5, [31], []),
        (None, [3, 10, 17, 24, 31], [7, 14, 21, 28]),
    ],
    ids=["first", "second", "fourth", "fifth", "every"],
)
def test_hours_may_hold_in_one_week_of_the_month(
    week_of_month: int | None, march: list[int], april: list[int]
) -> None:
    table = london(Hours(2, time(9), time(10), week_of_month=week_of_month))
    for month, days in ((3, march), (4, april)):
        visits = table.free(HOUR, ALWAYS, date(2026, month, 1), date(2026, month, 30 + month % 2))
        assert [visit.start.astimezone(LONDON).day for visit in visits] == days


def test_leave_of_some_hours_starts_the_grid_anew_behind_it() -> None:
    away = Exceptional(MONDAY, MONDAY, time(10, 15), time(10, 45))
    assert starts(london(Hours(1, time(9), time(13)), exceptions=[away])) == ["09:00", "10:45", "11:45"]


def test_leave_of_whole_days_includes_the_last_of_them() -> None:
    hours = [Hours(weekday, time(9), time(10)) for weekday in (1, 2, 3)]
    away = Exceptional(MONDAY, MONDAY + timedelta(days=1))
    table = london(*hours, exceptions=[away])
    assert [starts(table, day=MONDAY + timedelta(days=n)) for n in range(3)] == [[], [], ["09:00"]]


def test_extra_hours_count_on_their_dates_only() -> None:
    extra = Exceptional(MONDAY, MONDAY, time(18), time(20), is_available=True)
    table = london(Hours(1, time(9), time(10)), exceptions=[extra])
    assert starts(table) == ["09:00", "18:00", "19:00"]
    assert starts(table, day=MONDAY + timedelta(days=7)) == ["09:00"]


def test_a_holiday_closes_extra_hours_too() -> None:
    extra = Exceptional(MONDAY, MONDAY, time(18), time(20), is_available=True)
    table = london(Hours(1, time(9), time(10)), exceptions=[extra], holidays=frozenset({MONDAY}))
    assert starts(table) == []


def test_pauses_keep_a_distance_to_what_is_booked_but_not_to_where_the_patient_was() -> None:
    noon = Interval(datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 2, 13, tzinfo=UTC))
    hours = Hours(1, time(10), time(15), slot_minutes=60)
    assert starts(london(hours, busy=[noon])) == ["10:00", "11:00", "13:00", "14:00"]
    assert starts(london(hours, busy=[noon]), Shape(60, after_minutes=5)) == ["10:00", "13:00", "14:00"]
    assert starts(london(hours, busy=[noon]), Shape(60, before_minutes=5)) == ["10:00", "11:00", "14:00"]
    assert starts(london(hours, engaged=[noon]), Shape(60, 5, 5)) == ["10:00", "11:00", "13:00", "14:00"]


def test_staff_may_have_the_time_that_has_just_begun_and_need_no_notice() -> None:
    table = london(Hours(1, time(9), time(12), slot_minutes=15))
    at = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)
    staff, patient = Window.for_staff(at), Window.for_patients(at, notice_hours=1, advance_days=1)
    first = {who: next(table.free(Shape(30), who, MONDAY, MONDAY)).start for who in (staff, patient)}
    assert f"{first[staff]:%H:%M} {first[patient]:%H:%M}" == "09:15 10:30"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(0), None),
        (-MINUTE, Refusal.TOO_SOON),
        (timedelta(hours=-2), Refusal.TOO_SOON),
        (timedelta(hours=-2, minutes=-1), Refusal.PAST),
        (timedelta(hours=22), Refusal.TOO_FAR),
        (timedelta(hours=21, minutes=59), None),
    ],
)
def test_the_window_includes_its_beginning_and_not_its_end(
    after: timedelta, expected: Refusal | None
) -> None:
    table = london(*[Hours(weekday, time(9), time(23), slot_minutes=1) for weekday in (1, 2)])
    at = datetime(2026, 3, 2, 10, tzinfo=UTC)
    window = Window.for_patients(at, notice_hours=2, advance_days=1)
    start = window.opens_at + after
    listed = {visit.start for visit in table.free(Shape(30), window, MONDAY, MONDAY + timedelta(days=2))}
    assert table.refusal(start, Shape(30), window, at) == expected
    assert (start in listed) is (expected is None)
