"""The time that this member of staff holds for a caller."""

import uuid

from flask import g
from sqlalchemy import select

from portal.appointments import commands
from portal.appointments.commands.locking import EXPIRED
from portal.appointments.models import Appointment, SessionType
from portal.appointments.queries import WITH_PEOPLE, visible_to
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import NotFound
from portal.delivery import settings
from portal.people.models import Patient


def own_hold(uid: uuid.UUID) -> Appointment:
    """What this actor held, whatever became of it; raises NotFound for anybody else's."""
    statement = select(Appointment).options(*WITH_PEOPLE)
    mine = Appointment.booked_by_id == g.actor.account_id
    found = db.session.scalar(statement.where(Appointment.uid == uid, mine, visible_to(g.actor)))
    if found is None:
        raise NotFound
    return found


def can_be_confirmed(held: Appointment) -> bool:
    """Held still, or run out, in which case confirming takes the time anew."""
    return held.is_hold or held.cancel_reason == EXPIRED


def take(
    slot: str,
    patient: Patient,
    *,
    instead_of: Appointment | None = None,
    session_type: SessionType | None = None,
    notes: str = "",
) -> Appointment:
    """In a transaction: hold a time for the caller and let go of the one before, which stays held on SlotTaken."""
    now = clock.now()
    if instead_of is not None:
        commands.release(db.session, instead_of, by=g.actor, at=now)
    held = commands.hold(
        db.session,
        SlotKey.parse(slot),
        by=g.actor,
        at=now,
        minutes=settings().hold_minutes,
        patient=patient,
        session_type=session_type,
    )
    if notes:
        commands.edit(db.session, held, by=g.actor, at=now, patient_notes=notes)
    return held
