"""Random small practices: one clinician with hours, leave and a diary, and a patient with a diary of their own.

What was drawn is kept as facts, from which the oracle of free times is told, so that it does not depend on what the
product reads back from the database.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.appointments.slots import Slot, SlotKey
from portal.centres.commands import add_holiday
from portal.core.permissions import SYSTEM, Actor, Role
from portal.people.models import Clinician, Patient
from portal.scheduling.commands import WeeklyHours, add_exception
from portal.scheduling.intervals import Interval, merged
from portal.scheduling.rules import Exceptional, Hours, Shape, Timetable, Window
from tests.factories import (
    a_centre,
    a_clinician,
    a_hold,
    a_patient,
    an_actor,
    an_appointment,
    service_of,
    slots_of,
)
from tests.scheduling.oracle import Oracle

ZONES = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Europe/Paris",
]
# Some days before a change of the clocks in one of these zones, or in the middle of nowhere.
BEGINNINGS = [
    date(2026, 3, 2),
    date(2026, 3, 6),
    date(2026, 3, 20),
    date(2026, 3, 27),
    date(2026, 4, 3),
    date(2026, 10, 2),
    date(2026, 10, 23),
    date(2026, 10, 30),
]
DAYS = 6


@dataclass(frozen=True)
class Facts:
    """`leave` are numbers of days from today, with or without times; `booked`, `held` and `elsewhere` choose slots."""

    zone: str
    now: datetime
    hours: list[Hours]
    leave: list[tuple[int, int, time | None, time | None]]
    holidays: list[int]
    shape: Shape
    notice_hours: int
    advance_days: int
    booked: list[int]
    held: list[int]
    elsewhere: list[int]

    @property
    def today(self) -> date:
        return self.now.date()

    def day(self, number: int) -> date:
        return self.today + timedelta(days=number)

    def exceptions(self) -> list[Exceptional]:
        return [
            Exceptional(self.day(first), self.day(last), start, end) for first, last, start, end in self.leave
        ]


@dataclass(frozen=True)
class Practice:
    facts: Facts
    clinician: Clinician
    patient: Patient
    by: Actor
    oracle: Oracle

    def key(self, session: Session, start: datetime) -> SlotKey:
        centre_id, service = self.clinician.primary_centre_id, service_of(session, self.clinician)
        return SlotKey(self.clinician.id, centre_id, service.id, start)

    def listed(self, session: Session) -> list[Slot]:
        """What the patient is shown of the first days."""
        return slots_of(session, self.clinician, at=self.facts.now, patient=self.patient, days=DAYS)


@st.composite
def windows(draw: st.DrawFn) -> list[tuple[time, time]]:
    """One or two windows of a day that do not overlap, at quarters of an hour, by day or by night."""
    marks = draw(st.lists(st.integers(0, 95), min_size=2, max_size=4, unique=True).map(sorted))
    quarters = [time(mark // 4, mark % 4 * 15) for mark in marks]
    return list(zip(quarters[::2], quarters[1::2], strict=False))


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    first = draw(st.sampled_from(BEGINNINGS))
    weekdays = draw(st.sets(st.integers(1, 7), min_size=3, max_size=7))
    step = draw(st.sampled_from([None, None, 20, 30]))
    hours = [
        Hours(weekday, start, end, slot_minutes=step)
        for weekday in sorted(weekdays)
        for start, end in draw(windows())
    ]
    leave: list[tuple[int, int, time | None, time | None]] = []
    for _ in range(draw(st.integers(0, 2))):
        day = draw(st.integers(0, DAYS - 1))
        times: Any = draw(windows().map(lambda found: found[0]) | st.just((None, None)))
        leave.append((day, day + draw(st.integers(0, 1)), *times))
    choices = st.lists(st.integers(0, 40), max_size=2, unique=True)
    return Facts(
        zone=draw(st.sampled_from(ZONES)),
        now=datetime(first.year, first.month, first.day, draw(st.integers(0, 23)), tzinfo=UTC),
        hours=hours,
        leave=leave,
        holidays=draw(st.lists(st.integers(0, DAYS - 1), max_size=1)),
        shape=Shape(
            draw(st.sampled_from([30, 45, 60])),
            draw(st.sampled_from([0, 5])),
            draw(st.sampled_from([0, 10])),
        ),
        notice_hours=draw(st.sampled_from([0, 3, 24])),
        advance_days=draw(st.sampled_from([3, 5, 30])),
        booked=draw(choices),
        held=draw(choices),
        elsewhere=draw(choices),
    )


def build(session: Session, facts: Facts) -> Practice:
    """Make the practice, with the product's own commands."""
    centre, patient = a_centre(session, time_zone=facts.zone), a_patient(session)
    clinician = a_clinician(
        session,
        centre,
        hours=[
            WeeklyHours(one.weekday, one.start_time, one.end_time, centre.id, slot_minutes=one.slot_minutes)
            for one in facts.hours
        ],
        minutes=facts.shape.minutes,
        pause_before=facts.shape.before_minutes,
        pause_after=facts.shape.after_minutes,
        notice_hours=facts.notice_hours,
        advance_days=facts.advance_days,
    )
    for one in facts.exceptions():
        add_exception(
            session,
            clinician,
            starts_on=one.starts_on,
            ends_on=one.ends_on,
            start_time=one.start_time,
            end_time=one.end_time,
        )
    for number in facts.holidays:
        add_holiday(session, centre, by=SYSTEM, holiday_on=facts.day(number), name="Fair", at=facts.now)
    session.flush()
    taken = _fill(session, clinician, facts)
    engaged = _send_elsewhere(session, clinician, patient, facts)
    return Practice(
        facts=facts,
        clinician=clinician,
        patient=patient,
        by=an_actor(session, Role.PATIENT, patient=patient),
        oracle=_oracle(facts, taken, engaged),
    )


def _fill(session: Session, clinician: Clinician, facts: Facts) -> list[Appointment]:
    """Book and hold some of the listed times for other people; some of the holds have run out by now."""
    taken = []
    for number in facts.booked:
        slots = slots_of(session, clinician, at=facts.now, days=DAYS)
        if slots:
            start = slots[number % len(slots)].starts_at
            taken.append(an_appointment(session, clinician=clinician, starts_at=start, at=facts.now))
    for number in facts.held:
        is_stale = number % 2 == 0
        at = facts.now - timedelta(minutes=11 if is_stale else 1)
        slots = slots_of(session, clinician, at=at, days=DAYS)
        if slots:
            held = a_hold(session, clinician, starts_at=slots[number % len(slots)].starts_at, at=at)
            taken += [] if is_stale else [held]
    return taken


def _send_elsewhere(
    session: Session, clinician: Clinician, patient: Patient, facts: Facts
) -> list[Appointment]:
    """Book the patient with somebody else, at and beside times that are listed."""
    around_the_clock = [
        WeeklyHours(weekday, time(0), time(23, 59), clinician.primary_centre_id, slot_minutes=5)
        for weekday in range(1, 8)
    ]
    if not facts.elsewhere:
        return []
    other = a_clinician(session, *clinician.centres, hours=around_the_clock, minutes=40, notice_hours=0)
    engaged = []
    for number in facts.elsewhere:
        slots = slots_of(session, clinician, at=facts.now, patient=patient, days=DAYS)
        wanted = slots[number % len(slots)].starts_at + timedelta(minutes=number - 20) if slots else None
        offered = [
            slot.starts_at for slot in slots_of(session, other, at=facts.now, patient=patient, days=DAYS)
        ]
        if wanted in offered:
            engaged.append(
                an_appointment(session, clinician=other, patient=patient, starts_at=wanted, at=facts.now)
            )
    return engaged


def _oracle(facts: Facts, taken: list[Appointment], engaged: list[Appointment]) -> Oracle:
    before = timedelta(minutes=facts.shape.before_minutes)
    after = timedelta(minutes=facts.shape.after_minutes)
    timetable = Timetable(
        zone=ZoneInfo(facts.zone),
        hours=facts.hours,
        exceptions=facts.exceptions(),
        holidays=frozenset(map(facts.day, facts.holidays)),
        busy=merged(Interval(one.starts_at - before, one.ends_at + after) for one in taken),
        engaged=merged(Interval(one.starts_at, one.ends_at) for one in engaged),
    )
    window = Window.for_patients(facts.now, facts.notice_hours, facts.advance_days)
    return Oracle(timetable, facts.shape, window, facts.now)
