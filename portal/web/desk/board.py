"""A centre's day as columns, one clinician each: appointments, free times, what is closed. Values, no queries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext

from portal.appointments.availability import Availability
from portal.core import clock
from portal.scheduling.intervals import Interval, merged, overlaps_any, without
from portal.scheduling.rules import Exceptional
from portal.web import labels
from portal.web.desk.blocks import Booked, Free
from portal.web.desk.loading import Facts
from portal.web.desk.members import Member, Offer
from portal.web.desk.stages import Stage, counted, expected, running, stage_of, waited_minutes, waiting
from portal.web.timegrid import Block, Column, Entry
from portal.web.visits import Visit

USUAL_HOURS = (time(8), time(18))


@dataclass(frozen=True)
class Links:
    """The addresses below which appointments and bookings of a free time are, what may be done with an appointment at
    one press, and where one says that a clinician runs late."""

    appointments: str
    bookings: str
    acts: Callable[[Visit], str]
    late: Callable[[Member], str | None]


@dataclass(frozen=True)
class Board:
    """Opens and closes at full hours around all that happens; `expected` arrive next, `waiting` have arrived.

    `counts` says how many visits there are at each stage, whichever of them are shown.
    """

    columns: Sequence[Column]
    opens_at: datetime
    closes_at: datetime
    expected: Sequence[Visit]
    waiting: Sequence[tuple[Visit, int]]
    running: Sequence[Visit]
    closed_for: str
    counts: Mapping[Stage, int]


@dataclass(frozen=True)
class View:
    """What is looked at: when, with which links, and narrowed to which stage. Free times belong to the whole day."""

    at: datetime
    links: Links
    stage: Stage | None = None

    def visits(self, facts: Facts, member: Member) -> list[Visit]:
        """What is shown of a clinician's day; what was cancelled only when it is asked for."""
        if self.stage is None:
            return facts.of(member)
        return [one for one in facts.all_of(member) if stage_of(one) is self.stage]


@dataclass(frozen=True)
class _Day:
    """What a member does that day. `rostered` are the hours, whatever leave or a holiday takes of them."""

    member: Member
    visits: Sequence[Visit]
    rostered: Sequence[Interval]
    openings: Sequence[Interval]

    @property
    def spans(self) -> list[Interval]:
        """All that happens."""
        return [*self.rostered, *(Interval(one.starts_at, one.ends_at) for one in self.visits)]


def board(facts: Facts, members: Sequence[Member], view: View) -> Board:
    """Lay out the day of these members; those with neither hours nor appointments are left out."""
    days = [day for member in members if _is_shown(day := _day(facts, member, view), view)]
    opens_at, closes_at = _hours(facts, [span for day in days for span in day.spans])
    visits = [one for day in days for one in day.visits]
    return Board(
        columns=[_column(facts, day, Interval(opens_at, closes_at), view) for day in days],
        opens_at=opens_at,
        closes_at=closes_at,
        expected=expected(visits, view.at),
        waiting=waiting(visits, view.at),
        running=running(visits),
        closed_for=facts.holiday,
        counts=counted(one for member in members for one in facts.all_of(member)),
    )


def _day(facts: Facts, member: Member, view: View) -> _Day:
    visits = view.visits(facts, member)
    timetable = facts.availability.timetables.get((member.id, facts.centre.id))
    if timetable is None:
        return _Day(member, visits, (), ())
    openings = merged(span for span, _ in timetable.openings(facts.on))
    return _Day(member, visits, timetable.rostered(facts.on), openings)


def _is_shown(day: _Day, view: View) -> bool:
    return bool(day.visits or (day.rostered and view.stage is None))


def _hours(facts: Facts, spans: Sequence[Interval]) -> tuple[datetime, datetime]:
    zone = facts.centre.zone
    if not spans:
        first, last = (clock.at(facts.on, wall, zone) for wall in USUAL_HOURS)
        return first, last
    opens_at = _full_hour(min(span.start for span in spans), zone)
    closes_at = _full_hour(max(span.end for span in spans) + timedelta(minutes=59, seconds=59), zone)
    return opens_at, min(closes_at, opens_at + timedelta(hours=24))


def _full_hour(instant: datetime, zone: ZoneInfo) -> datetime:
    return clock.in_utc(clock.local(instant, zone).replace(minute=0, second=0, microsecond=0))


def _column(facts: Facts, day: _Day, whole: Interval, view: View) -> Column:
    member, service = day.member, day.member.service
    entries: list[Block] = [_booked(one, view) for one in day.visits]
    entries += _closed(facts, member, whole, day.openings)
    if service is not None and view.stage is None:
        entries += _uncovered(_free(facts.availability, service, view.links), day.visits)
    return Column(
        id=f"clinician-{member.id}",
        title=member.full_name,
        entries=tuple(entries),
        note=service.title if service else "",
        late=facts.late.get(member.id, 0),
        late_href=view.links.late(member),
    )


def _booked(one: Visit, view: View) -> Booked:
    acts = "" if one.is_hold else view.links.acts(one)
    return Booked(one, _flag(one, view.at), acts, view.links.appointments)


def _flag(one: Visit, at: datetime) -> str:
    """What is to be noticed of a visit that is still to come or under way."""
    if not one.is_live:
        return ""
    if one.is_overbooked:
        return str(gettext("Overbooked"))
    minutes = waited_minutes(one, at)
    if minutes:
        return str(gettext("Waits %(num)s min", num=minutes))
    come = "started" if one.started_at else "arrived"
    return labels.look_label(come) if one.arrived_at else ""


def _free(availability: Availability, service: Offer, links: Links) -> list[Free]:
    """Free times one after the other; where visits may start more often than they last, each ends with the next."""
    slots = list(availability.free(service))
    ends = [slot.starts_at for slot in slots[1:]] + [slot.ends_at for slot in slots[-1:]]
    return [Free(slot, min(slot.ends_at, end), links.bookings) for slot, end in zip(slots, ends, strict=True)]


def _uncovered(free: list[Free], visits: Iterable[Visit]) -> list[Free]:
    """Without those under the block of a visit that ended early, or takes nobody's time: nobody could press them."""
    blocks = merged(Interval(one.starts_at, one.ends_at) for one in visits)
    return [one for one in free if not overlaps_any(blocks, Interval(one.starts_at, one.ends_at))]


def _closed(facts: Facts, member: Member, whole: Interval, openings: Sequence[Interval]) -> list[Entry]:
    """What is not working time: the reason where there is one, plain shade otherwise."""
    if facts.holiday:
        return [Entry("closed", whole.start, whole.end, title=facts.holiday)]
    away = [(span, off) for off in facts.leave.get(member.id, ()) for span in _span(off, facts)]
    entries = [
        Entry("closed", part.start, part.end, title=off.reason or gettext("Away"))
        for span, off in away
        for part in _within(span, whole)
    ]
    unstaffed = without([whole], [*openings, *(span for span, _ in away)])
    return entries + [Entry("closed", part.start, part.end) for part in unstaffed]


def _span(off: Exceptional, facts: Facts) -> Iterable[Interval]:
    begins, ends = clock.day_bounds(facts.on, facts.centre.zone)
    if off.start_time is not None and off.end_time is not None:
        begins = clock.at(facts.on, off.start_time, facts.centre.zone)
        ends = clock.at(facts.on, off.end_time, facts.centre.zone)
    return [Interval(begins, ends)] if begins < ends else []


def _within(span: Interval, whole: Interval) -> list[Interval]:
    cut = Interval(max(span.start, whole.start), min(span.end, whole.end))
    return [cut] if cut.start < cut.end else []
