"""The little arithmetic of intervals, against sets of minutes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from portal.scheduling.intervals import Interval, merged, overlaps_any, without

START = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def interval(first: int, last: int) -> Interval:
    return Interval(START + MINUTE * first, START + MINUTE * last)


def minutes(*intervals: Interval) -> set[int]:
    return {
        minute
        for each in intervals
        for minute in range((each.start - START) // MINUTE, (each.end - START) // MINUTE)
    }


some = st.builds(
    lambda first, length: interval(first, first + length), st.integers(0, 80), st.integers(1, 30)
)
several = st.lists(some, max_size=8)


@given(several)
def test_merging_keeps_every_minute_and_leaves_gaps_between(intervals: list[Interval]) -> None:
    result = merged(intervals)
    assert minutes(*result) == minutes(*intervals)
    assert all(before.end < after.start for before, after in pairwise(result))


@given(several, several)
def test_cutting_out_leaves_exactly_the_minutes_that_are_not_taken(
    intervals: list[Interval], taken: list[Interval]
) -> None:
    result = without(merged(intervals), taken)
    assert minutes(*result) == minutes(*intervals) - minutes(*taken)
    assert result == merged(result)


@given(several, some)
def test_an_interval_overlaps_the_taken_ones_when_they_share_a_minute(
    taken: list[Interval], wanted: Interval
) -> None:
    shares = bool(minutes(*taken) & minutes(wanted))
    assert overlaps_any(merged(taken), wanted) is shares
    assert any(wanted.overlaps(one) for one in taken) is shares
    assert any(one.overlaps(wanted) for one in taken) is shares


@given(some, some)
def test_containing_means_having_every_minute(outer: Interval, inner: Interval) -> None:
    assert outer.contains(inner) is (minutes(inner) <= minutes(outer))


@given(some, st.integers(1, 40), st.integers(1, 40))
def test_slices_have_their_length_follow_the_step_and_stay_inside(
    whole: Interval, length: int, step: int
) -> None:
    slices = list(whole.sliced(MINUTE * length, MINUTE * step))
    assert all(whole.contains(one) and minutes(one) <= minutes(whole) for one in slices)
    assert [one.start for one in slices] == [whole.start + MINUTE * step * n for n in range(len(slices))]
    assert {one.end - one.start for one in slices} <= {MINUTE * length}
    next_start = whole.start + MINUTE * step * len(slices)
    assert next_start + MINUTE * length > whole.end, "one more would have fitted"


def test_one_may_start_the_minute_the_other_ends() -> None:
    morning, noon = interval(0, 30), interval(30, 60)
    assert not morning.overlaps(noon)
    assert not overlaps_any([morning], noon)
    assert merged([noon, morning]) == [interval(0, 60)]
