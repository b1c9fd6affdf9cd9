"""A centre where twenty clinicians work all week, and a day on which three of five of their times are taken."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import NamedTuple

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.availability import Asking, Availability
from portal.appointments.commands.booking import book
from portal.appointments.models import Channel
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.centres.commands import create_centre
from portal.centres.models import Centre
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Actor, Role
from portal.people import commands as people
from portal.people.acting import actor_for
from portal.people.models import Clinician, Patient, Resource
from portal.scheduling.commands import WeeklyHours, replace_hours
from portal.scheduling.queries import services_of

CLINICIANS, MINUTES, USERNAME = 20, 30, "robin{}"
SHIFTS = ((time(9), time(12, 30)), (time(13, 30), time(17)))
TAKEN = frozenset({0, 2, 3})  # of every five times


class Clinic(NamedTuple):
    """Where it is, the day, and who of its clinicians may sign in."""

    centre_id: int
    day: date
    a_username: str


def open_clinic(app: Flask) -> Clinic:
    """Make it by the product's own commands."""
    with app.app_context():
        made = in_transaction(db.session, lambda: _open(db.session, clock.now()))
        db.session.execute(text("ANALYZE"))
        db.session.commit()
    return made


def _open(session: Session, at: datetime) -> Clinic:
    admin = actor_for(session, session.scalars(select(Account).where(Account.role == Role.ADMIN)).one())
    centre = create_centre(
        session,
        by=admin,
        name="Twenty Rooms",
        city="Bristol",
        time_zone="Europe/London",
        currency="GBP",
        at=at,
    )
    clinicians = [_employ(session, centre, number, by=admin, at=at) for number in range(CLINICIANS)]
    day = at.date() + timedelta(days=14 - at.weekday())
    _fill(session, clinicians, day, by=admin, at=at)
    return Clinic(centre.id, day, USERNAME.format(0))


def _employ(session: Session, centre: Centre, number: int, *, by: Actor, at: datetime) -> Clinician:
    clinician = people.create_clinician(
        session,
        by=by,
        full_name=f"Dr Robin Example-{chr(ord('A') + number)}",
        phone=f"+4477007{number:05}",
        email=f"robin{number}@example.org",
        username=USERNAME.format(number),
        password=None,
        centre_ids={centre.id},
        primary_centre_id=centre.id,
        consultation_fee_minor=6000,
        default_duration_minutes=MINUTES,
        at=at,
    )
    week = [WeeklyHours(weekday, *shift, centre.id) for weekday in range(1, 8) for shift in SHIFTS]
    replace_hours(session, clinician, week, at=at)
    return clinician


def _patient(session: Session, number: int) -> Patient:
    """Registered at the desk; one comes once, as on most days."""
    made = Patient(
        full_name=f"Kim Example-{number}", phone=f"+44770080{number:04}", resource=Resource(kind="PATIENT")
    )
    session.add(made)
    session.flush()
    return made


def _fill(session: Session, clinicians: Sequence[Clinician], day: date, *, by: Actor, at: datetime) -> None:
    numbers = count()
    for clinician in clinicians:
        [service] = services_of(session, clinician.id)
        free = list(Availability(session, [clinician], day, day, Asking(at, is_staff=True)).free(service))
        for number, slot in enumerate(free):
            if number % 5 in TAKEN:
                patient = _patient(session, next(numbers))
                book(session, SlotKey.of(slot), patient=patient, by=by, at=at, channel=Channel.DESK)
