"""Services, booking rules, and what has been said of working times, as it was said."""

from datetime import date
from typing import Protocol

from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.people.models import Clinician
from portal.people.queries import listed
from portal.scheduling.models import DateException, Schedule, Service, WeeklyRule
from portal.scheduling.rosters import BookingRules
from portal.scheduling.rules import Shape


class Offered(Protocol):
    """A service, as an entity or as values, as far as it decides which times it can have."""

    @property
    def id(self) -> int: ...
    @property
    def clinician_id(self) -> int: ...
    @property
    def duration_minutes(self) -> int: ...
    @property
    def buffer_before_minutes(self) -> int: ...
    @property
    def buffer_after_minutes(self) -> int: ...
    @property
    def is_online(self) -> bool: ...


def shape_of(service: Offered) -> Shape:
    return Shape(service.duration_minutes, service.buffer_before_minutes, service.buffer_after_minutes)


def booking_rules(session: Session, clinician_id: int) -> BookingRules:
    """The booking rules of one clinician; raises NotFound where there is no schedule."""
    schedule = schedule_of(session, clinician_id)
    return BookingRules(
        schedule.min_booking_notice_hours,
        schedule.max_advance_booking_days,
        schedule.cancellation_deadline_hours,
    )


def schedule_of(session: Session, clinician_id: int) -> Schedule:
    """The schedule of one clinician; raises NotFound where there is none."""
    schedule = session.scalar(select(Schedule).where(Schedule.clinician_id == clinician_id))
    if schedule is None:
        raise NotFound
    return schedule


def services_of(session: Session, clinician_id: int, *, active_only: bool = True) -> list[Service]:
    """By title."""
    statement = ACTIVE_SERVICES if active_only else SERVICES
    return list(session.scalars(statement, {"of_clinician": clinician_id}))


def bookable_services(session: Session, clinician_id: int) -> list[Service]:
    """What patients can book of a clinician, the usual one first; nothing of one who is not listed."""
    return list(session.scalars(BOOKABLE_SERVICES, {"of_clinician": clinician_id}))


def get_service(session: Session, clinician_id: int, service_id: int) -> Service:
    """One service of the clinician, active or not; raises NotFound."""
    service = session.get(Service, service_id)
    if service is None or service.clinician_id != clinician_id:
        raise NotFound
    return service


def weekly_rules(session: Session, clinician_id: int) -> list[WeeklyRule]:
    statement = select(WeeklyRule).where(WeeklyRule.clinician_id == clinician_id)
    return list(session.scalars(statement.order_by(WeeklyRule.weekday, WeeklyRule.start_time)))


def date_exceptions(session: Session, clinician_id: int, *, from_on: date) -> list[DateException]:
    """Leave and extra hours that are not over on that date, in order."""
    statement = select(DateException).where(
        DateException.clinician_id == clinician_id, DateException.ends_on >= from_on
    )
    return list(session.scalars(statement.order_by(DateException.starts_on, DateException.start_time)))


# The statements are built once: putting them together costs more than running them.
OF_CLINICIAN = Service.clinician_id == bindparam("of_clinician", type_=BigInteger)
SERVICES = select(Service).where(OF_CLINICIAN).order_by(Service.title, Service.id)
ACTIVE_SERVICES = SERVICES.where(Service.is_active)
BOOKABLE_SERVICES = (
    select(Service)
    .join(Clinician, Clinician.id == Service.clinician_id)
    .where(OF_CLINICIAN, Service.is_active, listed())
    .order_by(Service.id)
)
