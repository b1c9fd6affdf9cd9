"""What was pressed by mistake on the day of the visit is taken back, as long as nothing follows from it.

Arrival and start are facts with a time, so they can be unsaid; a visit that is completed or missed is over.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.appointments.commands.locking import lock_row, note
from portal.appointments.errors import InvalidStateTransition
from portal.appointments.models import Appointment, Status
from portal.core.permissions import Actor


def take_back_arrival(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """The patient is not here after all. Raises InvalidStateTransition once the session has started or is over."""
    lock_row(session, appointment)
    if appointment.status != Status.CONFIRMED or appointment.started_at is not None:
        raise InvalidStateTransition
    if appointment.arrived_at is None:
        return
    appointment.arrived_at = None
    note(session, appointment, kind="arrival-taken-back", before=appointment.status, by=by, at=at)


def take_back_start(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """The session has not started: the patient waits again. Raises InvalidStateTransition once it is over."""
    lock_row(session, appointment)
    if appointment.status != Status.CONFIRMED:
        raise InvalidStateTransition
    if appointment.started_at is None:
        return
    appointment.started_at = None
    note(session, appointment, kind="start-taken-back", before=appointment.status, by=by, at=at)
