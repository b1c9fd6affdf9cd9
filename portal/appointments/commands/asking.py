"""Asking a patient to choose another time for a visit that nobody is there to keep."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.appointments.commands.locking import lock_row, note
from portal.appointments.errors import AskedToday
from portal.appointments.events import MoveAsked
from portal.appointments.models import Appointment
from portal.appointments.rules import check_reschedulable
from portal.core import clock
from portal.core.events import publish
from portal.core.permissions import Actor


def ask_to_move(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """Ask its patient for another time, at most once a day; from then on moving and cancelling cost them nothing.

    Whether it has to be moved at all the caller has looked up. Raises InvalidStateTransition for what is over or has
    begun, AskedToday, and what those refuse who tell the patient.
    """
    lock_row(session, appointment)
    check_reschedulable(appointment, by=by, at=at, deadline_hours=0)
    asked = appointment.move_asked_at
    if asked is not None and _day(appointment, asked) == _day(appointment, at):
        raise AskedToday
    appointment.move_asked_at = at
    note(session, appointment, kind="move-asked", before=appointment.status, by=by, at=at)
    publish(session, MoveAsked(appointment.id, by, at))


def _day(appointment: Appointment, at: datetime) -> date:
    return clock.local_day(at, appointment.zone)
