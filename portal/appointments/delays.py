"""How late clinicians are running now, and what that means for visits of today."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from portal.appointments.delay_models import ClinicianDelay
from portal.appointments.models import Appointment, Status
from portal.core import clock
from portal.core.db import read_columns

Place = tuple[int, int | None]
"""A clinician at a centre, or online at none."""


def delays_at(session: Session, centre_id: int, at: datetime) -> dict[int, int]:
    """By clinician, how many minutes those run late at a centre of whom it was said today."""
    found = read_columns(session, DELAYS_AT, {"centre": centre_id, "at": at})
    return {row.clinician_id: row.minutes for row in found if row.minutes}


# Built once: each board of today asks it.
DELAYS_AT = (
    select(ClinicianDelay.clinician_id, ClinicianDelay.minutes)
    .ext(distinct_on(ClinicianDelay.clinician_id))
    .where(
        ClinicianDelay.centre_id == bindparam("centre", type_=BigInteger),
        ClinicianDelay.ends_at > bindparam("at", type_=DateTime(timezone=True)),
    )
    .order_by(ClinicianDelay.clinician_id, ClinicianDelay.id.desc())
)


def delays_of(session: Session, clinician_ids: Collection[int], at: datetime) -> dict[Place, ClinicianDelay]:
    """By place how late these clinicians are now; those who are on time are left out."""
    statement = (
        select(ClinicianDelay)
        .ext(distinct_on(ClinicianDelay.clinician_id, ClinicianDelay.centre_id))
        .where(ClinicianDelay.clinician_id.in_(clinician_ids), ClinicianDelay.ends_at > at)
        .order_by(ClinicianDelay.clinician_id, ClinicianDelay.centre_id, ClinicianDelay.id.desc())
    )
    return {
        (delay.clinician_id, delay.centre_id): delay for delay in session.scalars(statement) if delay.minutes
    }


def late_by(session: Session, visits: Iterable[Appointment], at: datetime) -> dict[int, int]:
    """By id, by how many minutes visits of today are likely to begin later. Without any it asks nobody."""
    today = [visit for visit in visits if is_affected(visit, at)]
    if not today:
        return {}
    found = delays_of(session, {visit.clinician_id for visit in today}, at)
    late = {visit.id: found.get((visit.clinician_id, visit.centre_id)) for visit in today}
    return {visit_id: delay.minutes for visit_id, delay in late.items() if delay}


def is_affected(visit: Appointment, at: datetime) -> bool:
    """Is it a visit of today that has not begun?"""
    is_waited_for = visit.status == Status.CONFIRMED and visit.started_at is None
    return is_waited_for and clock.local_day(visit.starts_at, visit.zone) == clock.local_day(at, visit.zone)


def clinicians_running_late(session: Session, at: datetime) -> list[int]:
    """The ids of those of whom that was said today, in order."""
    statement = select(ClinicianDelay.clinician_id).where(ClinicianDelay.ends_at > at).distinct()
    return sorted(session.scalars(statement))
