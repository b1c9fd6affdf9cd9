"""How far each visit of the day has come: to come, waiting, with a clinician, done, missed, cancelled. Values only."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from flask_babel import lazy_gettext as _

from portal.appointments.models import HasState, Status
from portal.core.codes import Code
from portal.web.visits import Visit

SOON = timedelta(minutes=30)
LATE = timedelta(hours=2)
MOST_EXPECTED = 8


class Stage(Code):
    """What the board can be narrowed to; the values stand in addresses."""

    TO_COME = "to-come"
    WAITING = "waiting"
    RUNNING = "with-clinician"
    DONE = "done"
    MISSED = "no-show"
    CANCELLED = "cancelled"


STAGES = {
    Stage.TO_COME: _("To come"),
    Stage.WAITING: _("Waiting"),
    Stage.RUNNING: _("With a clinician"),
    Stage.DONE: _("Done"),
    Stage.MISSED: _("Did not attend"),
    Stage.CANCELLED: _("Cancelled"),
}
OVER = {
    Status.COMPLETED: Stage.DONE,
    Status.NO_SHOW: Stage.MISSED,
    Status.CANCELLED: Stage.CANCELLED,
}


class Coming(HasState, Protocol):
    """A visit, as an entity or as values, as far as it decides the stage."""

    @property
    def arrived_at(self) -> datetime | None: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def is_hold(self) -> bool: ...


def stage_of(one: Coming) -> Stage | None:
    """None for a time that is only held: nobody is booked yet."""
    if one.is_hold:
        return None
    if one.status in OVER:
        return OVER[Status(one.status)]
    if one.started_at:
        return Stage.RUNNING
    return Stage.WAITING if one.arrived_at else Stage.TO_COME


def counted(visits: Iterable[Visit]) -> dict[Stage, int]:
    """How many there are at each stage, those without any left out, in the order of the day."""
    found = Counter(stage_of(one) for one in visits)
    return {stage: found[stage] for stage in Stage if found[stage]}


def waited_minutes(one: Visit, at: datetime) -> int | None:
    """Whole minutes since somebody arrived who has not been called in; None for all others."""
    if one.arrived_at is None or stage_of(one) is not Stage.WAITING:
        return None
    return int((at - one.arrived_at).total_seconds()) // 60


def expected(visits: Iterable[Visit], at: datetime) -> Sequence[Visit]:
    """Who has not arrived yet around now, in order of their times."""
    since, until = at - LATE, at + SOON
    near = [
        one
        for one in visits
        if since <= one.starts_at <= until
        and one.status == Status.CONFIRMED
        and stage_of(one) is Stage.TO_COME
    ]
    return sorted(near, key=lambda one: (one.starts_at, one.id))[:MOST_EXPECTED]


def waiting(visits: Iterable[Visit], at: datetime) -> Sequence[tuple[Visit, int]]:
    """Who has arrived and not been called in, with whole minutes waited; the longest first."""
    arrived = [(one, minutes) for one in visits if (minutes := waited_minutes(one, at)) is not None]
    return sorted(arrived, key=lambda pair: (-pair[1], pair[0].starts_at, pair[0].id))


def running(visits: Iterable[Visit]) -> Sequence[Visit]:
    """Who is with a clinician, in order of when they were called in."""
    begun = [
        (one.started_at, one.id, one) for one in visits if one.started_at and one.status == Status.CONFIRMED
    ]
    return [one for *_order, one in sorted(begun, key=lambda each: each[:2])]
