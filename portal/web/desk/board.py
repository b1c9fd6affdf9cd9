"""A centre's day as columns, one clinician each: appointments, free times, what is closed. Values, no queries."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext

from portal.appointments.availability import Availability
from portal.appointments.models import Appointment, Status
from portal.appointments.slots import Slot
from portal.core import clock
from portal.payments.queries import Standing
from portal.people.models import Clinician
from portal.scheduling.intervals import Interval, merged, without
from portal.scheduling.models import Service
from portal.scheduling.rules import Timetable
from portal.web import labels
from portal.web.desk.loading import Closure, Facts, Member
from portal.web.money_labels import standing_label
from portal.web.timegrid import Column, Entry

USUAL_HOURS = (time(8), time(18))
SOON = timedelta(minutes=30)
LATE = timedelta(hours=2)
MOST_EXPECTED = 4


@dataclass(frozen=True)
class Links:
    """Where an appointment and a free time lead."""

    appointment: Callable[[Appointment], str]
    free: Callable[[Slot], str]


@dataclass(frozen=True)
class Board:
    """Opens and closes at full hours around all that happens; `expected` arrive next, `waiting` have arrived."""

    columns: Sequence[Column]
    opens_at: datetime
    closes_at: datetime
    expected: Sequence[Appointment]
    waiting: Sequence[tuple[Appointment, int]]
    running: Sequence[Appointment]
    closed_for: str
    sheet: Sequence[tuple[str, Sequence[Appointment]]]


def board(facts: Facts, members: Sequence[Member], links: Links, at: datetime) -> Board:
    """Lay out the day of these members; those with neither hours nor appointments are left out."""
    shown = [member for member in members if _has_day(facts, member)]
    opens_at, closes_at = _hours(facts, shown)
    whole = Interval(opens_at, closes_at)
    return Board(
        columns=[_column(facts, member, whole, links) for member in shown],
        opens_at=opens_at,
        closes_at=closes_at,
        expected=_expected(facts, shown, at),
        waiting=_waiting(facts, shown, at),
        running=_running(facts, shown),
        closed_for=facts.holiday,
        sheet=[(member.clinician.full_name, facts.of(member.clinician)) for member in shown],
    )


def _has_day(facts: Facts, member: Member) -> bool:
    return bool(facts.of(member.clinician) or _rostered(facts, member.clinician))


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


def _hours(facts: Facts, members: Sequence[Member]) -> tuple[datetime, datetime]:
    zone = facts.centre.zone
    spans = [span for member in members for span in _rostered(facts, member.clinician)]
    spans += [
        Interval(one.starts_at, one.ends_at) for member in members for one in facts.of(member.clinician)
    ]
    if not spans:
        first, last = (clock.at(facts.on, wall, zone) for wall in USUAL_HOURS)
        return first, last
    opens_at = _full_hour(min(span.start for span in spans), zone)
    closes_at = _full_hour(max(span.end for span in spans) + timedelta(minutes=59, seconds=59), zone)
    return opens_at, min(closes_at, opens_at + timedelta(hours=24))


def _full_hour(instant: datetime, zone: ZoneInfo) -> datetime:
    return clock.in_utc(clock.local(instant, zone).replace(minute=0, second=0, microsecond=0))


def _column(facts: Facts, member: Member, whole: Interval, links: Links) -> Column:
    clinician = member.clinician
    openings = _openings(facts, clinician)
    entries = [_appointment(one, facts.standings[one.id], links) for one in facts.of(clinician)]
    entries += _closed(facts, clinician, whole, openings)
    if member.service is not None:
        entries += _free(facts.availability, member.service, links)
    return Column(
        id=f"clinician-{clinician.id}",
        title=clinician.full_name,
        entries=entries,
        note=member.service.title if member.service else "",
    )


def _appointment(one: Appointment, standing: Standing, links: Links) -> Entry:
    come = labels.look_label("started" if one.started_at else "arrived") if one.arrived_at else ""
    flag = gettext("Overbooked") if one.is_overbooked else come
    return Entry(
        "appointment",
        one.starts_at,
        one.ends_at,
        title=one.patient.full_name if one.patient else gettext("On hold"),
        note=_note(one, standing),
        flag=flag if one.is_live else "",
        href=None if one.is_hold else links.appointment(one),
        look=labels.look(one.status, one.waiting_for, one.arrived_at, one.started_at),
        attributes={"id": f"block-{one.id}"},
    )


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


def _expected(facts: Facts, members: Sequence[Member], at: datetime) -> list[Appointment]:
    """Who has not arrived yet around now, in order of their times."""
    waited_for = [
        one
        for member in members
        for one in facts.of(member.clinician)
        if one.status == Status.CONFIRMED and not one.arrived_at and at - LATE <= one.starts_at <= at + SOON
    ]
    return sorted(waited_for, key=lambda one: one.starts_at)[:MOST_EXPECTED]


def _waiting(facts: Facts, members: Sequence[Member], at: datetime) -> list[tuple[Appointment, int]]:
    """Who has arrived and not been called in, with whole minutes waited; the longest first."""
    arrived = [
        (one, int((at - one.arrived_at).total_seconds()) // 60)
        for member in members
        for one in facts.of(member.clinician)
        if one.status == Status.CONFIRMED and one.arrived_at and not one.started_at
    ]
    return sorted(arrived, key=lambda pair: (-pair[1], pair[0].starts_at))


def _running(facts: Facts, members: Sequence[Member]) -> list[Appointment]:
    """Who is with a clinician, in order of when they were called in."""
    begun = [
        (one.started_at, one.id, one)
        for member in members
        for one in facts.of(member.clinician)
        if one.status == Status.CONFIRMED and one.started_at
    ]
    return [one for *_order, one in sorted(begun, key=lambda each: each[:2])]
