"""A centre's day as columns, one clinician each: appointments, free times, what is closed. Values, no queries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext

from portal.appointments.availability import Availability
from portal.appointments.models import Appointment
from portal.appointments.slots import Slot
from portal.core import clock
from portal.payments.queries import Standing
from portal.people.models import Clinician
from portal.scheduling.intervals import Interval, merged, overlaps_any, without
from portal.scheduling.models import Service
from portal.scheduling.rules import Timetable
from portal.web import labels
from portal.web.desk.loading import Closure, Facts, Member
from portal.web.desk.stages import Stage, counted, expected, running, stage_of, waited_minutes, waiting
from portal.web.money_labels import standing_label
from portal.web.timegrid import Column, Entry

USUAL_HOURS = (time(8), time(18))


@dataclass(frozen=True)
class Links:
    """Where an appointment and a free time lead, what may be done with an appointment at one press, and where one says
    that a clinician runs late."""

    appointment: Callable[[Appointment], str]
    free: Callable[[Slot], str]
    acts: Callable[[Appointment], Sequence[str]]
    late: Callable[[Clinician], str | None]


@dataclass(frozen=True)
class Board:
    """Opens and closes at full hours around all that happens; `expected` arrive next, `waiting` have arrived.

    `counts` says how many visits there are at each stage, whichever of them are shown.
    """

    columns: Sequence[Column]
    opens_at: datetime
    closes_at: datetime
    expected: Sequence[Appointment]
    waiting: Sequence[tuple[Appointment, int]]
    running: Sequence[Appointment]
    closed_for: str
    counts: Mapping[Stage, int]


@dataclass(frozen=True)
class View:
    """What is looked at: when, with which links, and narrowed to which stage. Free times belong to the whole day."""

    at: datetime
    links: Links
    stage: Stage | None = None

    def visits(self, facts: Facts, clinician: Clinician) -> list[Appointment]:
        """What is shown of a clinician's day; what was cancelled only when it is asked for."""
        if self.stage is None:
            return facts.of(clinician)
        every = [*facts.of(clinician), *facts.cancelled_of(clinician)]
        return [one for one in every if stage_of(one) is self.stage]


def board(facts: Facts, members: Sequence[Member], view: View) -> Board:
    """Lay out the day of these members; those with neither hours nor appointments are left out."""
    shown = [member for member in members if _has_day(facts, member, view)]
    opens_at, closes_at = _hours(facts, shown, view)
    whole = Interval(opens_at, closes_at)
    visits = [one for member in shown for one in view.visits(facts, member.clinician)]
    return Board(
        columns=[_column(facts, member, whole, view) for member in shown],
        opens_at=opens_at,
        closes_at=closes_at,
        expected=expected(visits, view.at),
        waiting=waiting(visits, view.at),
        running=running(visits),
        closed_for=facts.holiday,
        counts=counted(facts.all_of(member.clinician for member in members)),
    )


def _has_day(facts: Facts, member: Member, view: View) -> bool:
    is_at_work = view.stage is None and _rostered(facts, member.clinician)
    return bool(view.visits(facts, member.clinician) or is_at_work)


def _rostered(facts: Facts, clinician: Clinician) -> list[Interval]:
    """The hours that fall on the date, whatever leave or a holiday takes of them."""
    timetable = _timetable(facts, clinician)
    if timetable is None:
        return []
    extra = tuple(exception for exception in timetable.exceptions if exception.is_available)
    undisturbed = replace(timetable, exceptions=extra, holidays=frozenset())
    return merged(span for span, _ in undisturbed.openings(facts.on))


def _timetable(facts: Facts, clinician: Clinician) -> Timetable | None:
    return facts.availability.timetables.get((clinician.id, facts.centre.id))


def _openings(facts: Facts, clinician: Clinician) -> list[Interval]:
    timetable = _timetable(facts, clinician)
    return merged(span for span, _ in timetable.openings(facts.on)) if timetable else []


def _hours(facts: Facts, members: Sequence[Member], view: View) -> tuple[datetime, datetime]:
    zone = facts.centre.zone
    spans = [span for member in members for span in _rostered(facts, member.clinician)]
    spans += [
        Interval(one.starts_at, one.ends_at)
        for member in members
        for one in view.visits(facts, member.clinician)
    ]
    if not spans:
        first, last = (clock.at(facts.on, wall, zone) for wall in USUAL_HOURS)
        return first, last
    opens_at = _full_hour(min(span.start for span in spans), zone)
    closes_at = _full_hour(max(span.end for span in spans) + timedelta(minutes=59, seconds=59), zone)
    return opens_at, min(closes_at, opens_at + timedelta(hours=24))


def _full_hour(instant: datetime, zone: ZoneInfo) -> datetime:
    return clock.in_utc(clock.local(instant, zone).replace(minute=0, second=0, microsecond=0))


def _column(facts: Facts, member: Member, whole: Interval, view: View) -> Column:
    clinician = member.clinician
    openings = _openings(facts, clinician)
    visits = view.visits(facts, clinician)
    entries = [_appointment(one, facts.standings[one.id], view) for one in visits]
    entries += _closed(facts, clinician, whole, openings)
    if member.service is not None and view.stage is None:
        entries += _uncovered(_free(facts.availability, member.service, view.links), visits)
    return Column(
        id=f"clinician-{clinician.id}",
        title=clinician.full_name,
        entries=entries,
        note=member.service.title if member.service else "",
        late=facts.late.get(clinician.id, 0),
        late_href=view.links.late(clinician),
    )


def _appointment(one: Appointment, standing: Standing, view: View) -> Entry:
    acts = {} if one.is_hold else {"data-acts": " ".join(view.links.acts(one))}
    return Entry(
        "appointment",
        one.starts_at,
        one.ends_at,
        title=one.patient.full_name if one.patient else gettext("On hold"),
        note=_note(one, standing),
        flag=_flag(one, view.at) if one.is_live else "",
        href=None if one.is_hold else view.links.appointment(one),
        look=labels.look(one.status, one.waiting_for, one.arrived_at, one.started_at),
        attributes={"id": f"block-{one.id}", **acts},
    )


def _flag(one: Appointment, at: datetime) -> str:
    if one.is_overbooked:
        return str(gettext("Overbooked"))
    minutes = waited_minutes(one, at)
    if minutes:
        return str(gettext("Waits %(num)s min", num=minutes))
    come = "started" if one.started_at else "arrived"
    return labels.look_label(come) if one.arrived_at else ""


def _note(one: Appointment, standing: Standing) -> str:
    if one.is_hold or standing is Standing.FREE:
        return one.service.title
    return f"{one.service.title}, {standing_label(standing)}"


def _free(availability: Availability, service: Service, links: Links) -> list[Entry]:
    """Free times one after the other; where visits may start more often than they last, each ends with the next."""
    slots = list(availability.free(service))
    ends = [slot.starts_at for slot in slots[1:]] + [slot.ends_at for slot in slots[-1:]]
    return [
        Entry(
            "free",
            slot.starts_at,
            min(slot.ends_at, end),
            href=links.free(slot),
            attributes={"id": f"free-{slot.id}"},
        )
        for slot, end in zip(slots, ends, strict=True)
    ]


def _uncovered(free: list[Entry], visits: Iterable[Appointment]) -> list[Entry]:
    """Without those under the block of a visit that ended early, or takes nobody's time: nobody could press them."""
    blocks = merged(Interval(one.starts_at, one.ends_at) for one in visits)
    return [entry for entry in free if not overlaps_any(blocks, Interval(entry.starts_at, entry.ends_at))]


def _closed(facts: Facts, clinician: Clinician, whole: Interval, openings: list[Interval]) -> list[Entry]:
    """What is not working time: the reason where there is one, plain shade otherwise."""
    if facts.holiday:
        return [Entry("closed", whole.start, whole.end, title=facts.holiday)]
    away = [(span, closure) for closure in facts.closures_of(clinician) for span in _span(closure, facts)]
    entries = [
        Entry("closed", part.start, part.end, title=closure.reason or gettext("Away"))
        for span, closure in away
        for part in _within(span, whole)
    ]
    unstaffed = without([whole], [*openings, *(span for span, _ in away)])
    return entries + [Entry("closed", part.start, part.end) for part in unstaffed]


def _span(closure: Closure, facts: Facts) -> Iterable[Interval]:
    begins, ends = clock.day_bounds(facts.on, facts.centre.zone)
    if closure.start_time is not None and closure.end_time is not None:
        begins = clock.at(facts.on, closure.start_time, facts.centre.zone)
        ends = clock.at(facts.on, closure.end_time, facts.centre.zone)
    return [Interval(begins, ends)] if begins < ends else []


def _within(span: Interval, whole: Interval) -> list[Interval]:
    cut = Interval(max(span.start, whole.start), min(span.end, whole.end))
    return [cut] if cut.start < cut.end else []
