"""What several stories do, in few words."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment, Channel
from portal.appointments.slots import SlotKey
from portal.audit.models import AuditEntry
from portal.core.permissions import Actor
from portal.people.models import Patient
from tests.conftest import NOW


def book(session: Session, key: SlotKey, patient: Patient, by: Actor, **more: Any) -> Appointment:
    """Book it now, through the actor's own door."""
    channel = Channel.DESK if by.is_staff else Channel.PORTAL
    return commands.book(session, key, patient=patient, by=by, at=NOW, **{"channel": channel, **more})


def overrides(session: Session, appointment: Appointment) -> list[tuple[str, dict[str, Any]]]:
    """What the audit says about an appointment."""
    session.flush()
    found = (
        select(AuditEntry)
        .where(AuditEntry.subject_type == "appointment", AuditEntry.subject_id == appointment.id)
        .order_by(AuditEntry.id)
    )
    return [(entry.action, entry.detail) for entry in session.scalars(found)]
