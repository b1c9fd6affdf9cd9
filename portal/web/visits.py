"""A visit as days and weeks show it: values, for an entity with its people costs ten times as much to read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Progress
from portal.centres.models import Centre
from portal.core.db import read_columns
from portal.payments.queries import Standing, standing_beside, with_standing
from portal.people.models import Patient
from portal.scheduling.models import Service


class _Columns(NamedTuple):
    """What is read of a visit, in the order of the statement. Instants are UTC; of the last two `standing` is made."""

    id: int
    clinician_id: int
    session_type: str
    starts_at: datetime
    ends_at: datetime
    buffer_before_minutes: int
    buffer_after_minutes: int
    time_zone: str
    status: str
    waiting_for: str | None
    hold_expires_at: datetime | None
    arrived_at: datetime | None
    started_at: datetime | None
    cancellation_requested_at: datetime | None
    is_overbooked: bool
    fee_minor: int
    currency: str
    service_title: str
    centre_name: str | None
    patient_name: str | None
    patient_phone: str | None
    payment_statuses: str | None
    is_covered: bool


class Visit(_Columns, Progress):
    """One visit, or a time that somebody holds: that may have neither name nor phone."""

    __slots__ = ()

    @property
    def standing(self) -> Standing:
        """How it stands with its money."""
        return standing_beside(self, self.payment_statuses, is_covered=self.is_covered)


OWN = [getattr(Appointment, name) for name in _Columns._fields if name in Appointment.__table__.c]


def visits_where(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The statement that reads visits, in order of time. Build it once: that costs more than running it."""
    found = (
        select(
            *OWN,
            Service.title.label("service_title"),
            Centre.name.label("centre_name"),
            Patient.full_name.label("patient_name"),
            Patient.phone.label("patient_phone"),
        )
        .select_from(Appointment)
        .join(Appointment.service)
        .outerjoin(Appointment.centre)
        .outerjoin(Appointment.patient)
        .where(*conditions)
        .order_by(Appointment.starts_at, Appointment.id)
    )
    return with_standing(found)


def read_visits(
    session: Session, statement: Select[*tuple[Any, ...]], asked: Mapping[str, Any], at: datetime
) -> list[Visit]:
    """The visits of such a statement, without holds that have expired `at` that instant."""
    found = map(Visit._make, read_columns(session, statement, asked))
    return [visit for visit in found if not visit.is_expired(at)]
