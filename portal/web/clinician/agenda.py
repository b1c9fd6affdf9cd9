"""A day as rows in order of time: appointments, free time, pauses, and where it is now. Values in, values out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.appointments.commands.visiting import EARLY_START
from portal.appointments.models import SessionType
from portal.core.permissions import Actor
from portal.scheduling.intervals import Interval, without
from portal.web.staff.appointments import Actions
from portal.web.visits import Visit

SHORTEST_GAP = timedelta(minutes=10)


class Step(StrEnum):
    """What can be done about an appointment right in the list."""

    ACCEPT = "accept"
    ARRIVE = "arrive"
    START = "start"
    COMPLETE = "complete"
    MISS = "miss"


@dataclass(frozen=True)
class Seen:
    visit: Visit
    steps: Sequence[Step]
    is_running: bool
    kind: str = "visit"

    @property
    def starts_at(self) -> datetime:
        return self.visit.starts_at


@dataclass(frozen=True)
class Gap:
    """Working time without an appointment; a pause when all of it belongs to the pauses of appointments."""

    starts_at: datetime
    ends_at: datetime
    is_pause: bool
    kind: str = "gap"


@dataclass(frozen=True)
class Now:
    starts_at: datetime
    kind: str = "now"


Row = Seen | Gap | Now


def rows(
    visits: Sequence[Visit],
    openings: Sequence[Interval],
    *,
    actor: Actor,
    at: datetime,
    shows_now: bool,
) -> list[Row]:
    """The day in order. With `shows_now` a mark stands where it is `at`, and free time is parted there."""
    found: list[Row] = [_seen(visit, actor, at) for visit in visits]
    found += _gaps(visits, openings, cut_at=at if shows_now else None)
    if shows_now:
        found.append(Now(at))
    return sorted(found, key=lambda row: (row.starts_at, row.kind != "now"))


def free_time(
    visits: Sequence[Visit], openings: Sequence[Interval], *, since: datetime | None = None
) -> timedelta:
    """How much working time is left that neither visits nor their pauses take, from an instant on if given."""
    free = without(openings, map(_occupied, visits))
    left = (opening.end - max(opening.start, since or opening.start) for opening in free)
    return sum((part for part in left if part > timedelta()), timedelta())


def next_steps(visit: Visit, actor: Actor, at: datetime) -> list[Step]:
    """The most likely next act first; at most two."""
    may = Actions.for_(visit, actor, at)
    if may.can_accept:
        return [Step.ACCEPT]
    if may.can_complete and (visit.started_at or at >= visit.ends_at):
        return [Step.COMPLETE, Step.MISS] if may.can_miss else [Step.COMPLETE]
    is_ready = visit.arrived_at or visit.session_type == SessionType.ONLINE
    if may.can_start and is_ready and at >= visit.starts_at - EARLY_START:
        return [Step.START]
    return [Step.ARRIVE] if may.can_arrive and not is_ready else []


def _seen(visit: Visit, actor: Actor, at: datetime) -> Seen:
    is_running = visit.is_live and visit.starts_at <= at < visit.ends_at
    return Seen(visit, next_steps(visit, actor, at), is_running)


def _gaps(visits: Sequence[Visit], openings: Sequence[Interval], *, cut_at: datetime | None) -> Iterator[Gap]:
    booked = [Interval(visit.starts_at, visit.ends_at) for visit in visits]
    occupied = [_occupied(visit) for visit in visits]
    for gap in without(openings, booked):
        if gap.end - gap.start < SHORTEST_GAP:
            continue
        is_pause = not without([gap], occupied)
        parts = _cut(gap, cut_at) if cut_at and not is_pause else [gap]
        yield from (Gap(part.start, part.end, is_pause) for part in parts)


def _cut(gap: Interval, at: datetime) -> list[Interval]:
    at = at.replace(second=0, microsecond=0)
    return [Interval(gap.start, at), Interval(at, gap.end)] if gap.start < at < gap.end else [gap]


def _occupied(visit: Visit) -> Interval:
    before = timedelta(minutes=visit.buffer_before_minutes)
    after = timedelta(minutes=visit.buffer_after_minutes)
    return Interval(visit.starts_at - before, visit.ends_at + after)
