"""Changes to hours that would leave appointments behind: say which, and make the change only when told to."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

from flask import request
from sqlalchemy import inspect, select

from portal.appointments.commands import guarded, weigh
from portal.appointments.commands.weighing import Effect, Scope
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


CHECKING = "check"
"""The field of the button that asks what saving would do; nothing is saved then."""


@dataclass(frozen=True)
class Checked:
    """What saving would do, with the appointments that would be left outside the hours."""

    effect: Effect
    stranded: list[Appointment]


def is_checking() -> bool:
    """Was the button pressed that only asks?"""
    return CHECKING in request.form


def checked(clinician: Clinician, change: Callable[[], object], *, from_on: date | None = None) -> Checked:
    """What the change would do to the four weeks from today, or from a later date; nothing is saved.

    Raises whatever the change refuses.
    """
    return checked_all(Scope([clinician]), change, from_on=from_on)


def checked_all(scope: Scope, change: Callable[[], object], *, from_on: date | None = None) -> Checked:
    """The same for several clinicians, or for a centre."""
    effect = in_transaction(
        db.session, lambda: weigh(db.session, scope, change, at=clock.now(), from_on=from_on)
    )
    return Checked(effect, _of(effect.stranded_ids))


def _reloaded(appointments: Sequence[Appointment]) -> list[Appointment]:
    """The same in one query: the rollback has emptied them."""
    return _of([key for appointment in appointments for key in inspect(appointment).identity or ()])


def _of(ids: Collection[int]) -> list[Appointment]:
    if not ids:
        return []
    statement = select(Appointment).options(*WITH_PEOPLE).where(Appointment.id.in_(ids))
    return list(db.session.scalars(statement.order_by(Appointment.starts_at)))


def _accepted() -> set[int]:
    ids = request.form.get(ACCEPTED, "").split(",")
    return {int(text) for text in ids if text.isascii() and text.isdecimal() and len(text) < 19}
