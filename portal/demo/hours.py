"""Weekly hours as the file of clinicians writes them: "Riverside: Mon Wed 09:00-12:30 13:30-17:00"."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import time

from portal.scheduling.commands import WeeklyHours

ONLINE = "Online"
DAYS = {"Mon": 1, "Tue": 2, "Wed": 3, "Thu": 4, "Fri": 5, "Sat": 6, "Sun": 7}
WEEKS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}


def read_hours(lines: Iterable[str], centre_ids: Mapping[str, int | None]) -> list[WeeklyHours]:
    """The windows of a week, in wall time; `centre_ids` says which centre a place is. Raises KeyError for any other."""
    return [hours for line in lines for hours in _windows(line, centre_ids)]


def read_times(text: str) -> tuple[time, time]:
    """Read "09:00-12:30"; raises ValueError."""
    start, end = text.split("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def _windows(line: str, centre_ids: Mapping[str, int | None]) -> Iterator[WeeklyHours]:
    place, words = line.split(": ")
    centre_id = centre_ids[place]
    week, weekdays = None, []
    for word in words.split():
        if word in DAYS:
            weekdays.append(DAYS[word])
        elif word in WEEKS:
            week = WEEKS[word]
        else:
            start, end = read_times(word)
            yield from (WeeklyHours(weekday, start, end, centre_id, week) for weekday in weekdays)
