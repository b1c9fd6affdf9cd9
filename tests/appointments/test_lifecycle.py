"""What may follow what: every command in every situation either does its one thing or changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import InvalidStateTransition
from portal.appointments.models import Appointment, AppointmentChange, Occupancy, Status
from portal.appointments.rules import FOLLOWS
from portal.appointments.slots import Slot, SlotKey
from portal.core.permissions import SYSTEM
from portal.notifications.models import Delivery
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_hold, an_appointment

BEFORE = NOW + timedelta(minutes=1)


def held(session: Session, cast: Cast) -> Appointment:
    return a_hold(session, cast.clinician, patient=cast.patient, minutes=10)


def requested(session: Session, cast: Cast) -> Appointment:
    cast.clinician.requires_acceptance = True
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient)


def booked(status: Status) -> Callable[[Session, Cast], Appointment]:
    def make(session: Session, cast: Cast) -> Appointment:
        return an_appointment(session, clinician=cast.clinician, patient=cast.patient, status=status)

    return make


SITUATIONS: dict[str, Callable[[Session, Cast], Appointment]] = {
    "held": held,
    "requested": requested,
    "confirmed": booked(Status.CONFIRMED),
    "completed": booked(Status.COMPLETED),
    "cancelled": booked(Status.CANCELLED),
    "missed": booked(Status.NO_SHOW),
}


def act(command: str, session: Session, appointment: Appointment, cast: Cast, key: SlotKey) -> None:
    """Give the command, by Bo, at a moment at which time is not what stands in its way."""
    by, begun = cast.bo, appointment.starts_at
    acts: dict[str, Callable[[], Any]] = {
        "confirm": lambda: commands.confirm(session, appointment, by=by, at=BEFORE),
        "release": lambda: commands.release(session, appointment, by=by, at=BEFORE),
        "accept": lambda: commands.accept(session, appointment, by=by, at=BEFORE),
        "decline": lambda: commands.decline(session, appointment, by=by, at=BEFORE, reason="Away"),
        "cancel": lambda: commands.cancel(
            session, appointment, by=by, at=BEFORE, late=LateCancellation.NO_REFUND
        ),
        "keep": lambda: commands.keep(session, appointment, by=by, at=BEFORE),
        "reschedule": lambda: commands.reschedule(session, appointment, key, by=by, at=BEFORE),
        "arrive": lambda: commands.mark_arrived(session, appointment, by=by, at=begun),
        "start": lambda: commands.start(session, appointment, by=by, at=begun),
        "complete": lambda: commands.complete(session, appointment, by=by, at=begun),
        "miss": lambda: commands.mark_no_show(session, appointment, by=by, at=begun),
    }
    acts[command]()


COMMANDS = (
    "confirm",
    "release",
    "accept",
    "decline",
    "cancel",
    "keep",
    "reschedule",
    "arrive",
    "start",
    "complete",
    "miss",
)
LEADS_TO = {
    ("held", "confirm"): Status.CONFIRMED,
    ("held", "release"): Status.CANCELLED,
    ("held", "cancel"): Status.CANCELLED,
    ("requested", "accept"): Status.CONFIRMED,
    ("requested", "decline"): Status.CANCELLED,
    ("requested", "cancel"): Status.CANCELLED,
    ("requested", "reschedule"): Status.PENDING,
    ("confirmed", "cancel"): Status.CANCELLED,
    ("confirmed", "reschedule"): Status.CONFIRMED,
    ("confirmed", "arrive"): Status.CONFIRMED,
    ("confirmed", "start"): Status.CONFIRMED,
    ("confirmed", "complete"): Status.COMPLETED,
    ("confirmed", "miss"): Status.NO_SHOW,
}
# Said already, or nothing to let go of: no error, and no change either.
CHANGES_NOTHING = {("requested", "confirm"), ("confirmed", "confirm")} | {
    (situation, "release") for situation in SITUATIONS if situation != "held"
}


def everything_about(session: Session, appointment: Appointment) -> dict[str, Any]:
    """The row, the time it takes, its history and its messages, as the database has them."""
    session.flush()
    columns = session.execute(select(Appointment.__table__).where(Appointment.id == appointment.id)).one()
    taken = session.execute(
        select(Occupancy.resource_id, Occupancy.during, Occupancy.held_until)
        .where(Occupancy.appointment_id == appointment.id)
        .order_by(Occupancy.resource_id)
    ).all()
    counts = [
        session.scalar(select(func.count()).where(table.appointment_id == appointment.id))
        for table in (AppointmentChange, Delivery)
    ]
    return {**columns._asdict(), "taken": taken, "counts": counts}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_command_does_what_may_follow_or_changes_nothing(
    session: Session, cast: Cast, free: list[Slot], situation: str, command: str
) -> None:
    appointment = SITUATIONS[situation](session, cast)
    before = everything_about(session, appointment)
    pair = (situation, command)
    if pair not in LEADS_TO and pair not in CHANGES_NOTHING:
        with pytest.raises(InvalidStateTransition):
            act(command, session, appointment, cast, SlotKey.of(free[5]))
    else:
        act(command, session, appointment, cast, SlotKey.of(free[5]))
    after = everything_about(session, appointment)
    if pair in LEADS_TO:
        assert after["status"] == LEADS_TO[pair]
        assert after["version"] == before["version"] + 1
        assert after["counts"][0] == before["counts"][0] + 1
    else:
        assert after == before


@pytest.mark.parametrize("pair", LEADS_TO, ids="-".join)
def test_whatever_a_command_leads_to_is_in_the_table(pair: tuple[str, str]) -> None:
    was = {"held": Status.PENDING, "requested": Status.PENDING, "confirmed": Status.CONFIRMED}[pair[0]]
    assert LEADS_TO[pair] in FOLLOWS[was] | {was}


def test_nothing_follows_the_end() -> None:
    assert [status for status in Status if not FOLLOWS[status]] == [
        Status.COMPLETED,
        Status.CANCELLED,
        Status.NO_SHOW,
    ]


@pytest.mark.parametrize("situation", SITUATIONS)
def test_time_is_taken_exactly_as_long_as_an_appointment_lives(
    session: Session, cast: Cast, situation: str, taken_by: Callable[[Appointment], int]
) -> None:
    appointment = SITUATIONS[situation](session, cast)
    assert taken_by(appointment) == (2 if appointment.is_live else 0)
    assert appointment.is_over is not appointment.is_live


def test_the_history_tells_the_whole_story(session: Session, cast: Cast, free: list[Slot]) -> None:
    appointment = a_hold(session, cast.clinician, patient=cast.patient)
    uid = appointment.uid
    commands.confirm(session, appointment, by=cast.ana, at=BEFORE)
    commands.reschedule(
        session, appointment, SlotKey.of(free[3]), by=cast.cora, at=BEFORE, reason="Bo is late"
    )
    starts_at = appointment.starts_at
    commands.mark_arrived(session, appointment, by=cast.fay, at=starts_at - timedelta(minutes=10))
    commands.start(session, appointment, by=cast.bo, at=starts_at)
    commands.complete(session, appointment, by=cast.bo, at=starts_at + timedelta(minutes=50))
    session.flush()
    session.expire(appointment)
    lines = [
        (line.kind, line.from_status, line.to_status, line.version, line.by_name)
        for line in appointment.history
    ]
    assert lines == [
        ("held", None, "PENDING", 0, "Ana Silva"),
        ("confirmed", "PENDING", "CONFIRMED", 1, "Ana Silva"),
        ("rescheduled", "CONFIRMED", "CONFIRMED", 2, cast.cora.full_name),
        ("arrived", "CONFIRMED", "CONFIRMED", 3, cast.fay.full_name),
        ("started", "CONFIRMED", "CONFIRMED", 4, "Dr Bo Larsen"),
        ("completed", "CONFIRMED", "COMPLETED", 5, "Dr Bo Larsen"),
    ]
    assert [line.starts_at for line in appointment.history] == [free[0].starts_at] * 2 + [starts_at] * 4
    assert appointment.history[2].reason == "Bo is late"
    assert appointment.history[2].by_account_id == cast.cora.account_id
    assert (appointment.uid, appointment.version) == (uid, 5)


def test_a_text_can_be_changed_without_touching_the_others(session: Session, cast: Cast) -> None:
    appointment = an_appointment(
        session,
        clinician=cast.clinician,
        patient=cast.patient,
        details=commands.Details(patient_notes="My knee", questions="Why?"),
    )
    commands.edit(session, appointment, by=cast.bo, at=BEFORE, clinician_notes="Left knee")
    assert (appointment.clinician_notes, appointment.patient_notes, appointment.questions) == (
        "Left knee",
        "My knee",
        "Why?",
    )
    assert appointment.status == Status.CONFIRMED


def test_an_appointment_that_the_system_changes_names_the_system(
    session: Session, cast: Cast, story: Callable[[Appointment], list[str]]
) -> None:
    appointment = booked(Status.CONFIRMED)(session, cast)
    commands.complete(session, appointment, by=SYSTEM, at=appointment.ends_at)
    assert story(appointment) == ["confirmed CONFIRMED", "completed COMPLETED"]
    session.expire(appointment)
    assert appointment.history[-1].by_name == "System"
