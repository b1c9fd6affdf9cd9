"""Cancelling, for patients and for staff alike."""

from flask import g

from portal.appointments import commands
from portal.appointments.errors import InvalidStateTransition
from portal.appointments.models import Appointment, Status
from portal.appointments.rules import CancellationTerms
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.delivery import settings


def cancel(appointment: Appointment, reason: str) -> CancellationTerms | None:
    """Cancel it now; the terms say how. None when it is cancelled already: a button pressed twice does no harm.

    Raises CancellationNotAllowed, and InvalidStateTransition for what is over in another way.
    """
    try:
        return in_transaction(
            db.session,
            lambda: commands.cancel(
                db.session,
                appointment,
                by=g.actor,
                at=clock.now(),
                late=settings().late_cancellation,
                reason=reason,
            ),
        )
    except InvalidStateTransition:
        if appointment.status != Status.CANCELLED:
            raise
        return None
