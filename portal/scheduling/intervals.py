"""Half-open intervals of time and the little arithmetic that scheduling needs. Values only."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

START = attrgetter("start")


class Interval(NamedTuple):
    """From `start` up to but without `end`; both are UTC instants. A tuple: a month is made of thousands of them."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Interval") -> bool:
        """One may start the minute the other ends."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Interval") -> bool:
        return self.start <= other.start and other.end <= self.end

    def sliced(self, length: timedelta, step: timedelta) -> Iterator["Interval"]:
        """Pieces of that length which fit inside, one each `step` from the start."""
        start, end = self.start, self.start + length
        while end <= self.end:
            yield Interval(start, end)
            start, end = start + step, end + step


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same instants as few, sorted, separate intervals; those that touch become one."""
    result: list[Interval] = []
    for interval in sorted(intervals, key=START):
        if result and interval.start <= result[-1].end:
            if interval.end > result[-1].end:
                result[-1] = Interval(result[-1].start, interval.end)
        else:
            result.append(interval)
    return result


def without(intervals: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """What is left of sorted, separate intervals when the taken ones are cut out."""
    cuts = merged(taken)
    result = []
    for interval in intervals:
        start = interval.start
        for cut in cuts:
            if cut.end <= start:
                continue
            if cut.start >= interval.end:
                break
            if cut.start > start:
                result.append(Interval(start, cut.start))
            start = cut.end
        if start < interval.end:
            result.append(Interval(start, interval.end))
    return result


def overlaps_any(separate: Sequence[Interval], wanted: Interval) -> bool:
    """Does any of the sorted, separate intervals overlap the wanted one?"""
    index = bisect_left(separate, (wanted.end,))  # as a tuple it stands before the interval that starts then
    return index > 0 and separate[index - 1].end > wanted.start
