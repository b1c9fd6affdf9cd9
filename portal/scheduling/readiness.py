"""What a clinician still needs before anybody can book."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from portal.people.models import Clinician
from portal.scheduling.models import DateException, Service, WeeklyRule


@dataclass(frozen=True)
class Readiness:
    """Hours are weekly ones or extra hours still to come; services are those offered."""

    clinician: Clinician
    has_hours: bool
    has_services: bool

    @property
    def is_ready(self) -> bool:
        return self.has_hours and self.has_services


def readiness(session: Session, which: ColumnElement[bool], *, today: date) -> list[Readiness]:
    """Each of these clinicians, by id, and whether they have hours and services: one query."""
    in_week = exists().where(WeeklyRule.clinician_id == Clinician.id)
    by_date = exists().where(
        DateException.clinician_id == Clinician.id,
        DateException.is_available,
        DateException.ends_on >= today,
    )
    offers = exists().where(Service.clinician_id == Clinician.id, Service.is_active)
    statement = select(Clinician, in_week | by_date, offers).where(which).order_by(Clinician.id)
    return [Readiness(*row) for row in session.execute(statement)]


def services_by_clinician(session: Session, clinician_ids: Collection[int]) -> dict[int, list[Service]]:
    """The services on offer, by clinician: one query."""
    offered: dict[int, list[Service]] = defaultdict(list)
    statement = select(Service).where(Service.clinician_id.in_(clinician_ids), Service.is_active)
    for service in session.scalars(statement.order_by(Service.title, Service.id)):
        offered[service.clinician_id].append(service)
    return offered
