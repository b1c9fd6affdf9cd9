"""The signed link in a message: whoever holds it manages that one appointment, without an account.

It works until some days after the visit, and ends earlier when the phone or email address that it was sent to is
corrected, or the patient is removed. Nothing of it is stored.
"""

import base64
import binascii
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from itsdangerous import BadSignature, Signer
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.errors import LinkIsOver
from portal.appointments.models import Appointment
from portal.appointments.queries import BOOKED, WITH_PEOPLE
from portal.core import clock
from portal.core.permissions import Actor, Role

WORKS_AFTER_VISIT = timedelta(days=7)


class Purpose(StrEnum):
    """What a link opens: a visit, or the list of the visits that one message told of. None is good for another."""

    VISIT = "visit-link"
    DAY = "day-link"
    SERIES = "series-link"


def link_token(secret: str, appointment: Appointment, purpose: Purpose = Purpose.VISIT) -> str:
    """What stands in the address of the link: the same each time, good for nothing else."""
    name = base64.urlsafe_b64encode(appointment.uid.bytes).rstrip(b"=")
    return _signer(secret, appointment, purpose).sign(name).decode()


def appointment_of_link(
    session: Session, secret: str, token: str, *, at: datetime, purpose: Purpose = Purpose.VISIT
) -> Appointment:
    """The appointment with its people; raises LinkIsOver for a token that is not ours or has ended, all alike."""
    found = session.scalar(
        select(Appointment).options(*WITH_PEOPLE).where(Appointment.uid == _uid(token), BOOKED)
    )
    if found is None or found.patient is None or found.patient.deleted_at is not None:
        raise LinkIsOver
    try:
        _signer(secret, found, purpose).unsign(token)
    except BadSignature:
        raise LinkIsOver from None
    if at >= found.ends_at + WORKS_AFTER_VISIT:
        raise LinkIsOver
    return found


def actor_of_link(appointment: Appointment) -> Actor:
    """The patient, for this appointment only: nothing else exists for whoever comes by the link."""
    name = appointment.patient.full_name if appointment.patient else ""
    return Actor(role=Role.PATIENT, full_name=name, appointment_id=appointment.id)


def visits_of_day(session: Session, first: Appointment) -> Sequence[Appointment]:
    """The patient's visits on the day of that one, by its own calendar, in order; those cancelled included."""
    begins, ends = clock.day_bounds(clock.local_day(first.starts_at, first.zone), first.zone)
    theirs = (
        select(Appointment).options(*WITH_PEOPLE).where(Appointment.patient_id == first.patient_id, BOOKED)
    )
    that_day = theirs.where(Appointment.starts_at >= begins, Appointment.starts_at < ends)
    return session.scalars(that_day.order_by(Appointment.starts_at, Appointment.id)).all()


def visits_of_series(session: Session, one: Appointment) -> Sequence[Appointment]:
    """All visits that its patient has of its series, in order; those cancelled included."""
    same = (Appointment.series_id == one.series_id) & (Appointment.patient_id == one.patient_id)
    theirs = select(Appointment).options(*WITH_PEOPLE).where(same, BOOKED)
    return session.scalars(theirs.order_by(Appointment.starts_at, Appointment.id)).all()


def _signer(secret: str, appointment: Appointment, purpose: Purpose) -> Signer:
    """Bound to where the link was sent: a corrected phone number ends what a stranger may have been sent."""
    patient = appointment.patient
    sent_to = (patient.phone or patient.email or "") if patient else ""
    return Signer(secret, salt=f"{purpose}:{sent_to}")


def _uid(token: str) -> uuid.UUID:
    name = token.partition(".")[0]
    try:
        return uuid.UUID(bytes=base64.b64decode(name + "==", altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise LinkIsOver from None
