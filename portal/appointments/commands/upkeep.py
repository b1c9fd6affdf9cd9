"""What nobody asks for and has to be done: expired holds end, occupancy of the past goes."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.appointments.commands.locking import expire
from portal.appointments.models import Appointment, Occupancy, Status

BATCH = 200
KEPT = timedelta(days=1)


def expire_due(session: Session, *, at: datetime) -> int:
    """End a batch of holds and requests whose time to wait is over; returns how many. Waits for nobody."""
    due = (
        select(Appointment)
        .where(Appointment.status == Status.PENDING, Appointment.hold_expires_at <= at)
        .order_by(Appointment.hold_expires_at)
        .limit(BATCH)
        .with_for_update(of=Appointment, skip_locked=True)
    )
    expired = list(session.scalars(due))
    for appointment in expired:
        expire(session, appointment, at)
    return len(expired)


def sweep_past(session: Session, *, at: datetime) -> int:
    """Delete occupancy that ended more than a day ago, so that the index holds only what can still clash."""
    past = delete(Occupancy).where(func.upper(Occupancy.during) < at - KEPT)
    return len(session.execute(past.returning(Occupancy.id)).all())
