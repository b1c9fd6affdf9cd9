"""What people do in a race, as acts of a crowd, and who got what."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from portal.appointments import commands
from portal.appointments.errors import (
    SlotTaken,
)
from portal.appointments.models import Appointment, Channel
from portal.appointments.slots import SlotKey
from portal.core.permissions import VISITOR
from portal.people.models import Clinician, Patient
from tests.concurrency.crowd import Act, Crowd
from tests.conftest import NOW
from tests.factories import key_for, wall

START = wall("2026-03-10 10:00")
ROUNDS = [START + timedelta(hours=number) for number in range(4)]
"""Free times at which the same race is run once each."""
LATER = NOW + timedelta(minutes=11)
"""When a hold of ten minutes has run out."""

T = TypeVar("T")


def made(crowd: Crowd, make: Callable[..., T], **facts: Any) -> T:
    """What the factory makes, such as an appointment or a hold, for everybody to find."""
    return crowd.alone(lambda session: make(session, **facts))


def key_of(crowd: Crowd, clinician: Clinician, start: datetime = START) -> SlotKey:
    return crowd.alone(lambda session: key_for(session, clinician, start))


def booking(patient: Patient, by: Any, key: SlotKey, at: datetime = NOW) -> Act:
    channel = Channel.DESK if by.is_staff else Channel.PORTAL
    return lambda session: commands.book(session, key, patient=patient, by=by, at=at, channel=channel)


def holding(key: SlotKey, at: datetime = NOW, **holder: Any) -> Act:
    by = holder.pop("by", VISITOR)
    return lambda session: commands.hold(session, key, by=by, at=at, minutes=10, **holder)


def on(appointment: Appointment, command: Callable[..., Any], **facts: Any) -> Act:
    """The command given by somebody who has the appointment on the screen."""
    return lambda session: command(session, session.get_one(Appointment, appointment.id), **facts)


def moving(appointment: Appointment, key: SlotKey, by: Any) -> Act:
    return lambda session: commands.reschedule(
        session, session.get_one(Appointment, appointment.id), key, by=by, at=NOW
    )


def split(results: list[Any]) -> tuple[list[Any], list[Any]]:
    """Who succeeded, and the refusals of the others."""
    refusals = [result for result in results if isinstance(result, Exception)]
    return [result for result in results if result not in refusals], refusals


def check_one_of_them_has_it(results: list[Any]) -> Appointment:
    """One success; everybody else is told that the time is taken, and offered others."""
    [winner], refusals = split(results)
    assert {type(refusal) for refusal in refusals} == {SlotTaken}
    assert all(len(refusal.alternatives) == 3 for refusal in refusals)
    assert isinstance(winner, Appointment)
    return winner
