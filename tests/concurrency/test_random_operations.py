"""Ten thousand things that people do, eight at a time, at whatever moment: afterwards the books are in order.

They are done in two practices, so that two workers can share them.
"""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment, Channel
from portal.appointments.slots import SlotKey
from portal.core.db import in_transaction
from portal.core.errors import PortalError
from portal.core.permissions import VISITOR, Actor, Role
from portal.people.models import Patient
from portal.settings import LateCancellation
from tests.concurrency.crowd import Crowd
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, a_patient, an_actor, an_appointment, service_of

pytestmark = [pytest.mark.concurrency, pytest.mark.slow]

TIMES, OPERATIONS, THREADS = 2, 5_000, 8
CLINICIANS, PATIENTS = 6, 20
PACE = timedelta(seconds=40)
"""How much later each operation is than the one before: all of them together take some days."""


@dataclass
class Day:
    """What everybody knows: people, places, and the appointments that were ever made."""

    crowd: Crowd
    patients: list[tuple[int, Actor]]
    offers: list[tuple[int, int, int]]
    desk: Actor
    held: list[int] = field(default_factory=list)
    guests: list[int] = field(default_factory=list)
    booked: list[int] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    numbers: Any = field(default_factory=count)


class Somebody:
    """One thread: does what comes to mind, one transaction each."""

    def __init__(self, day: Day, seed: int) -> None:
        self.day, self.chance = day, random.Random(seed)
        self.acts: dict[str, Callable[[Session, datetime], Any]] = {
            "hold": self.hold,
            "hold as guest": self.hold_as_guest,
            "adopt": self.adopt,
            "book": self.book,
            "confirm": self.confirm,
            "cancel": self.cancel,
            "reschedule": self.reschedule,
            "release": self.release,
            "accept": self.accept,
            "complete": self.complete,
            "miss": self.miss,
            "expire": lambda session, at: commands.expire_due(session, at=at),
        }

    def live(self, operations: int) -> None:
        names = [*WEIGHTS]
        with Session(self.day.crowd.engine, expire_on_commit=False) as session:
            for _ in range(operations):
                self.do(session, self.chance.choices(names, [*WEIGHTS.values()])[0])

    def do(self, session: Session, name: str) -> None:
        at = NOW + PACE * next(self.day.numbers)
        session.expunge_all()
        try:
            result = in_transaction(session, lambda: self.acts[name](session, at))
        except PortalError:
            self.day.done[f"{name} refused"] += 1
        else:
            self.day.done[name] += 1
            if isinstance(result, Appointment):
                self.remember(result)

    def remember(self, appointment: Appointment) -> None:
        if appointment.booked_at is not None:
            self.day.booked.append(appointment.id)
        elif appointment.patient_id is None:
            self.day.guests.append(appointment.id)
        else:
            self.day.held.append(appointment.id)

    def hold(self, session: Session, at: datetime) -> Appointment:
        patient, by = self.a_patient(session)
        return commands.hold(session, self.a_key(at), by=by, at=at, minutes=10, patient=patient)

    def hold_as_guest(self, session: Session, at: datetime) -> Appointment:
        browser = f"browser {self.chance.randrange(10)}"
        return commands.hold(session, self.a_key(at), by=VISITOR, at=at, minutes=10, holder_hash=browser)

    def adopt(self, session: Session, at: datetime) -> Appointment:
        patient, by = self.a_patient(session)
        held = self.one_of(session, self.day.guests[-4:])
        commands.adopt(session, held, patient, by=by, at=at)
        return held

    def book(self, session: Session, at: datetime) -> Appointment:
        patient, by = self.a_patient(session)
        by, channel = self.chance.choice([(by, Channel.PORTAL), (self.day.desk, Channel.DESK)])
        return commands.book(session, self.a_key(at), patient=patient, by=by, at=at, channel=channel)

    def confirm(self, session: Session, at: datetime) -> Appointment:
        held = self.one_of(session, self.day.held[-5:])
        return commands.confirm(session, held, by=self.owner(held), at=at)

    def cancel(self, session: Session, at: datetime) -> None:
        appointment = self.one_of(session, self.day.booked[-40:])
        commands.cancel(
            session, appointment, by=self.owner(appointment), at=at, late=LateCancellation.NO_REFUND
        )

    def reschedule(self, session: Session, at: datetime) -> None:
        appointment = self.one_of(session, self.day.booked[-40:])
        start = self.a_start(at)
        key = SlotKey(appointment.clinician_id, appointment.centre_id, appointment.service_id, start)
        commands.reschedule(session, appointment, key, by=self.day.desk, at=at)

    def release(self, session: Session, at: datetime) -> None:
        held = self.one_of(session, [*self.day.held[-5:], *self.day.guests[-3:]])
        commands.release(session, held, by=self.owner(held), at=at)

    def accept(self, session: Session, at: datetime) -> None:
        commands.accept(session, self.one_of(session, self.day.booked[-10:]), by=self.day.desk, at=at)

    def complete(self, session: Session, at: datetime) -> None:
        commands.complete(session, self.one_of(session, self.day.booked[-150:-30]), by=self.day.desk, at=at)

    def miss(self, session: Session, at: datetime) -> None:
        commands.mark_no_show(
            session, self.one_of(session, self.day.booked[-150:-30]), by=self.day.desk, at=at
        )

    def a_patient(self, session: Session) -> tuple[Patient, Actor]:
        patient_id, by = self.chance.choice(self.day.patients)
        return session.get_one(Patient, patient_id), by

    def a_key(self, at: datetime) -> SlotKey:
        return SlotKey(*self.chance.choice(self.day.offers), self.a_start(at))

    def a_start(self, at: datetime) -> datetime:
        """Some half hour of the coming ten hours."""
        return at.replace(minute=0, second=0) + timedelta(minutes=30 * self.chance.randrange(2, 22))

    def one_of(self, session: Session, ids: list[int]) -> Appointment:
        """One of these, or the first of all while there are none."""
        return session.get_one(Appointment, self.chance.choice(ids or self.day.booked[:1]))

    def owner(self, appointment: Appointment) -> Actor:
        return dict(self.day.patients).get(appointment.patient_id or 0, VISITOR)


WEIGHTS = {
    "hold": 16,
    "hold as guest": 8,
    "adopt": 8,
    "book": 12,
    "confirm": 16,
    "cancel": 8,
    "reschedule": 6,
    "release": 5,
    "accept": 5,
    "complete": 6,
    "miss": 5,
    "expire": 5,
}


def open_practice(session: Session, crowd: Crowd) -> Day:
    """Six clinicians who work day and night, and twenty patients; one of them has an appointment already."""
    centre = a_centre(session)
    offers = []
    for number in range(CLINICIANS):
        clinician = a_clinician(
            session,
            centre,
            hours="Mon-Sun 0-23:59",
            minutes=[30, 45, 60][number % 3],
            pause_after=[0, 15][number % 2],
            slot_minutes=30,
            notice_hours=0,
            advance_days=1,
            requires_acceptance=number < 2,
        )
        offers.append((clinician.id, centre.id, service_of(session, clinician).id))
    people = [a_patient(session) for _ in range(PATIENTS)]
    patients = [(one.id, an_actor(session, Role.PATIENT, patient=one)) for one in people]
    desk = an_actor(session, Role.CARE_COORDINATOR, centre=centre)
    first = an_appointment(session, clinician=clinician, patient=people[0])
    return Day(crowd, patients, offers, desk, booked=[first.id])


@pytest.mark.parametrize("time", range(TIMES))
def test_the_books_are_in_order_after_days_of_everything(
    crowd: Crowd, caplog: pytest.LogCaptureFixture, time: int
) -> None:
    day = crowd.alone(lambda session: open_practice(session, crowd))
    everybody = [Somebody(day, seed) for seed in range(THREADS * time, THREADS * (time + 1))]
    with caplog.at_level("INFO", "portal.core.db"), ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda one: one.live(OPERATIONS // THREADS), everybody))
    assert day.done.total() == OPERATIONS
    for name in WEIGHTS:
        assert day.done[name] >= 10, f"{name}: too few for a test of it ({day.done})"
    assert len(caplog.records) < OPERATIONS / 100, "locks are taken in order, so conflicts are rare"
    crowd.check_the_books()
