"""The cast, Bo's free times, and what was written about an appointment."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, AppointmentChange, Occupancy
from portal.appointments.slots import Slot
from portal.notifications.models import Delivery
from tests.cast import Cast
from tests.factories import slots_of


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def free(session: Session, cast: Cast) -> list[Slot]:
    """What Bo offers in the coming two weeks, at the beginning of the test."""
    return slots_of(session, cast.clinician)


@pytest.fixture
def story(session: Session) -> Callable[[Appointment], list[str]]:
    """The history of an appointment: what kind of change, and the status it led to."""

    def told(appointment: Appointment) -> list[str]:
        session.flush()
        lines = session.scalars(
            select(AppointmentChange)
            .where(AppointmentChange.appointment_id == appointment.id)
            .order_by(AppointmentChange.id)
        )
        return [f"{line.kind} {line.to_status}" for line in lines]

    return told


@pytest.fixture
def taken_by(session: Session) -> Callable[[Appointment], int]:
    """How many rows of occupancy an appointment has."""

    def count(appointment: Appointment) -> int:
        session.flush()
        rows = session.scalars(select(Occupancy.id).where(Occupancy.appointment_id == appointment.id))
        return len(rows.all())

    return count


@pytest.fixture
def sent(session: Session) -> Callable[[Appointment], list[str]]:
    """The kinds of messages that go out about an appointment, oldest first."""

    def kinds(appointment: Appointment) -> list[str]:
        session.flush()
        is_on_its_way = (Delivery.appointment_id == appointment.id) & (Delivery.status != "SKIPPED")
        found = select(Delivery.kind).where(is_on_its_way).order_by(Delivery.id)
        return list(session.scalars(found))

    return kinds
