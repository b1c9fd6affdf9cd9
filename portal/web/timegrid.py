"""Dates and times laid out for the eye: the month calendar, the day board, the week. Values only, no queries."""

from calendar import Calendar
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from portal.core import clock

ROW = timedelta(minutes=5)
MOST_LANES = 3


@dataclass(frozen=True, slots=True)
class MonthDay:
    on: date
    count: int
    in_month: bool
    is_today: bool
    is_selected: bool


@dataclass(frozen=True, slots=True)
class Month:
    first_on: date
    weeks: list[list[MonthDay]]


def month(
    first_on: date,
    counts: Mapping[date, int],
    *,
    today: date,
    selected: date | None = None,
    first_weekday: int = 0,
) -> Month:
    """The weeks of the month of `first_on`; `counts` says how many times each date offers, none where it is silent."""
    weeks = Calendar(first_weekday).monthdatescalendar(first_on.year, first_on.month)
    return Month(
        first_on.replace(day=1),
        [
            [
                MonthDay(on, counts.get(on, 0), on.month == first_on.month, on == today, on == selected)
                for on in week
            ]
            for week in weeks
        ],
    )


class Block(Protocol):
    """What takes its place on a board, drawn by the names of `Entry`, whatever it is made of.

    kind "free" is a link to book that time; the others are those of `Entry`.
    """

    @property
    def kind(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


class Entry(NamedTuple):
    """Something on a board; a tuple, for a full day has hundreds of them.

    `look` is what the `look` filter makes of a status; `attributes` go to the link.
    kind "closed" is a shaded stretch with `title` as its reason.
    """

    kind: Literal["appointment", "closed"]
    starts_at: datetime
    ends_at: datetime
    title: str = ""
    note: str = ""
    flag: str = ""
    href: str | None = None
    look: str = "confirmed"
    id: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Column:
    """One clinician on the day board; `id` is unique on the page.

    `late` is by how many minutes they run late, `late_href` where that is said.
    """

    id: str
    title: str
    entries: tuple[Block, ...]
    note: str = ""
    href: str | None = None
    late: int = 0
    late_href: str | None = None

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Of all entries with their instants; each place that remembers a column asks for it."""
        return hash((self.id, self.title, self.entries, self.note, self.href, self.late, self.late_href))


@dataclass(frozen=True, slots=True)
class WeekDay:
    on: date
    entries: tuple[Entry, ...]
    is_today: bool = False
    note: str = ""
    href: str | None = None
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    entry: Block
    row: int
    span: int
    lane: int | None

    @property
    def classes(self) -> str:
        lane = f" lane-{self.lane}" if self.lane else ""
        return f"r-{self.row} span-{self.span}{lane}"


def rows_from(instant: datetime, opens_at: datetime) -> int:
    """How many whole rows of five minutes lie between the top of the board and the instant."""
    return (instant - opens_at) // ROW


def hours_until(opens_at: datetime, closes_at: datetime, where: ZoneInfo) -> Iterator[datetime]:
    """The full hours on the wall clock of the zone, as instants, from the top of the board to its end."""
    minutes = clock.local(opens_at, where).minute
    hour = opens_at + timedelta(minutes=-minutes % 60)
    while hour < closes_at:
        yield hour
        hour += timedelta(hours=1)


def placed(entries: Iterable[Block], opens_at: datetime, closes_at: datetime) -> tuple[int, list[Placed]]:
    """The number of lanes the column needs, and its entries in time order with their places.

    Entries are cut to the board's hours. Appointments that overlap (overbooked) stand in lanes beside each other.
    """
    shown = sorted(
        (entry for entry in entries if entry.starts_at < closes_at and entry.ends_at > opens_at),
        key=lambda entry: (entry.starts_at, entry.kind != "closed", entry.ends_at),
    )
    lanes = _lanes([entry for entry in shown if entry.kind == "appointment"])
    return min(max(lanes.values(), default=1), MOST_LANES), [
        _place(entry, opens_at, closes_at, lanes.get(id(entry))) for entry in shown
    ]


def _place(entry: Block, opens_at: datetime, closes_at: datetime, lane: int | None) -> Placed:
    top = rows_from(max(entry.starts_at, opens_at), opens_at)
    bottom = -((opens_at - min(entry.ends_at, closes_at)) // ROW)
    return Placed(entry, top, _known_span(max(bottom - top, 1)), lane)


def _known_span(rows: int) -> int:
    """The stylesheet has every height up to 96 rows, and whole hours above."""
    return rows if rows <= 96 else min(rows // 12 * 12, 288)


def _lanes(entries: list[Block]) -> dict[int, int]:
    """A lane for each entry that overlaps another, counted from 1; the others take the full width."""
    lanes: dict[int, int] = {}
    for entry in entries:
        others = [other for other in entries if other is not entry and _overlap(entry, other)]
        if not others:
            continue
        taken = {lanes[id(other)] for other in others if id(other) in lanes}
        lanes[id(entry)] = next((lane for lane in range(1, MOST_LANES) if lane not in taken), MOST_LANES)
    return lanes


def _overlap(one: Block, other: Block) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at
