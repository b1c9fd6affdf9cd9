"""Changes to hours that would leave appointments behind: say which, and make the change only when told to."""

from collections.abc import Callable, Sequence

from flask import request
from sqlalchemy import inspect, select

from portal.appointments.commands import guarded
from portal.appointments.errors import WouldStrand
from portal.appointments.models import Appointment
from portal.appointments.queries import WITH_PEOPLE
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.people.models import Clinician

ACCEPTED = "accepted"
"""The field of the second button; it names the appointments that were shown beside it."""


def change_hours(clinician: Clinician, change: Callable[[], object]) -> tuple[bool, list[Appointment]]:
    """Make the change, if it strands no appointments but those that were accepted.

    Answers whether it was made, and the appointments that it leaves, or would leave, outside the hours.
    """
    accepted = _accepted()

    def work() -> list[Appointment]:
        stranded = guarded(db.session, [clinician], change, accepted=bool(accepted), at=clock.now())
        if not accepted.issuperset(appointment.id for appointment in stranded):
            raise WouldStrand(stranded)  # somebody booked after the list was shown
        return stranded

    try:
        return True, in_transaction(db.session, work)
    except WouldStrand as error:
        return False, _reloaded(error.appointments)


def _reloaded(appointments: Sequence[Appointment]) -> list[Appointment]:
    """The same in one query: the rollback has emptied them."""
    ids = [key for appointment in appointments for key in inspect(appointment).identity or ()]
    statement = select(Appointment).options(*WITH_PEOPLE).where(Appointment.id.in_(ids))
    return list(db.session.scalars(statement.order_by(Appointment.starts_at)))


def _accepted() -> set[int]:
    ids = request.form.get(ACCEPTED, "").split(",")
    return {int(text) for text in ids if text.isascii() and text.isdecimal() and len(text) < 19}
