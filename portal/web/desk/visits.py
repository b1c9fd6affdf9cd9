"""A visit as the day board and the day sheet show it: values, for an entity costs ten times as much to read."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import BigInteger, DateTime, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Progress, Status
from portal.appointments.queries import BOOKED, visible_to
from portal.core.permissions import Actor
from portal.payments.queries import Standing, standing_beside, with_standing
from portal.people.models import Patient
from portal.scheduling.intervals import Interval
from portal.scheduling.models import Service


class _Columns(NamedTuple):
    """What is read of a visit; instants are UTC."""

    id: int
    clinician_id: int
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    status: str
    waiting_for: str | None
    hold_expires_at: datetime | None
    arrived_at: datetime | None
    started_at: datetime | None
    cancellation_requested_at: datetime | None
    is_overbooked: bool
    session_type: str
    fee_minor: int
    currency: str
    service_title: str
    patient_name: str | None
    patient_phone: str | None
    payment_statuses: Sequence[str] | None
    is_covered: bool


class Visit(_Columns, Progress):
    """One visit, or a time that somebody holds: that has neither name nor phone."""

    __slots__ = ()

    @property
    def standing(self) -> Standing:
        """How it stands with its money."""
        return standing_beside(self, self.payment_statuses, is_covered=self.is_covered)


def visits_of(session: Session, actor: Actor, centre_id: int, during: Interval, at: datetime) -> list[Visit]:
    """What begins at a centre during that time, with holds and what was cancelled of the booked, and whatever is to
    come there and asks to be cancelled: in order of time, in one query."""
    asked = {"centre": centre_id, "begins": during.start, "ends": during.end, "at": at}
    found = (Visit._make(row) for row in session.execute(_visits(actor), asked))
    return [visit for visit in found if not visit.is_expired(at)]


# Built once for everybody who works at a desk: putting it together costs more than running it.
@lru_cache(maxsize=256)
def _visits(actor: Actor) -> Select[*tuple[object, ...]]:
    begins, ends, at = (bindparam(name, type_=DateTime(timezone=True)) for name in ("begins", "ends", "at"))
    is_live = Appointment.status != Status.CANCELLED
    is_of_the_day = (Appointment.starts_at >= begins) & (Appointment.starts_at < ends)
    asks = is_live & Appointment.cancellation_requested_at.is_not(None) & (Appointment.starts_at > at)
    own = (getattr(Appointment, name) for name in _Columns._fields if name in Appointment.__table__.c)
    statement = (
        select(*own, Service.title, Patient.full_name, Patient.phone)
        .select_from(Appointment)
        .join(Appointment.service)
        .outerjoin(Appointment.patient)
        .where(
            visible_to(actor),
            Appointment.centre_id == bindparam("centre", type_=BigInteger),
            or_(is_live, BOOKED),
            or_(is_of_the_day, asks),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )
    return with_standing(statement)
