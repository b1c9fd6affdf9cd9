"""Working times, read in two queries however many clinicians are asked about."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CompoundSelect,
    Date,
    SmallInteger,
    Text,
    Time,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from portal.centres.models import Centre, Holiday
from portal.core import clock
from portal.core.db import read_columns
from portal.core.errors import NotFound
from portal.people.models import Clinician, ClinicianCentre
from portal.people.queries import listed
from portal.scheduling.models import DateException, Schedule, Service, WeeklyRule
from portal.scheduling.rules import Exceptional, Hours, Shape, Timetable

Place = tuple[int, int | None]
"""A clinician at a centre, or online at none."""


WEEK = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True)
class BookingRules:
    """Notice and deadline in hours, horizon in days."""

    notice_hours: int
    advance_days: int
    deadline_hours: int


@dataclass(frozen=True)
class Roster:
    """Timetables by place, what is booked left out, and by clinician the booking rules and all leave.

    `holidays` are the names of a centre's, by date.
    """

    timetables: dict[Place, Timetable]
    rules: dict[int, BookingRules]
    leave: Mapping[int, Sequence[Exceptional]]
    holidays: Mapping[int | None, Mapping[date, str]]


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


def roster(
    session: Session,
    clinician_ids: Collection[int],
    first: date,
    last: date,
    *,
    centre_id: int | None = None,
    weekdays: Sequence[int] = WEEK,
) -> Roster:
    """Hours, exceptions and holidays of these clinicians between two dates, both included.

    Only hours at open centres count; with `centre_id`, only hours at that centre. `weekdays` (ISO) leaves out the
    others' hours, for whoever asks of nothing else.
    """
    building = _Building(centre_id)
    for row in read_columns(session, HOURS, {"clinician_ids": list(clinician_ids), "weekdays": weekdays}):
        building.add_hours(row)
    for row in read_columns(
        session, EXCEPTIONS, {"clinician_ids": list(clinician_ids), "first": first, "last": last}
    ):
        building.add_exception(row)
    return building.roster()


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


class _Building:
    """Puts a roster together row by row."""

    def __init__(self, centre_id: int | None) -> None:
        self.centre_id = centre_id
        self.rules: dict[int, BookingRules] = {}
        self.zones: dict[Place, str] = {}
        self.hours: dict[Place, list[Hours]] = defaultdict(list)
        self.exceptions: dict[Place, list[Exceptional]] = defaultdict(list)
        self.leave_everywhere: dict[int, list[Exceptional]] = defaultdict(list)
        self.leave: dict[int, list[Exceptional]] = defaultdict(list)
        self.holidays: dict[int | None, dict[date, str]] = defaultdict(dict)

    def add_hours(self, row: Any) -> None:
        if row.clinician_id not in self.rules:
            rules = BookingRules(row.notice_hours, row.advance_days, row.deadline_hours)
            self.rules[row.clinician_id] = rules
        if row.weekday is None or not self._counts(row):
            return
        place = (row.clinician_id, row.centre_id)
        self.zones[place] = row.time_zone
        self.hours[place].append(
            Hours(row.weekday, row.start_time, row.end_time, row.week_of_month, row.slot_minutes)
        )

    def add_exception(self, row: Any) -> None:
        if row.clinician_id is None:
            self.holidays[row.centre_id][row.starts_on] = row.reason
            return
        exceptional = Exceptional(
            row.starts_on, row.ends_on, row.start_time, row.end_time, row.is_available, row.reason
        )
        if not row.is_available and (row.centre_id is None or self.centre_id in (None, row.centre_id)):
            self.leave[row.clinician_id].append(exceptional)
        if not row.is_available and row.centre_id is None:
            self.leave_everywhere[row.clinician_id].append(exceptional)
        elif self._counts(row):
            place = (row.clinician_id, row.centre_id)
            self.zones.setdefault(place, row.time_zone)
            self.exceptions[place].append(exceptional)

    def roster(self) -> Roster:
        timetables = {
            place: Timetable(
                zone=clock.zone(time_zone),
                hours=tuple(self.hours[place]),
                exceptions=(*self.exceptions[place], *self.leave_everywhere[place[0]]),
                holidays=frozenset(self.holidays[place[1]]),
            )
            for place, time_zone in self.zones.items()
        }
        return Roster(timetables, self.rules, self.leave, self.holidays)

    def _counts(self, row: Any) -> bool:
        return row.is_open and self.centre_id in (None, row.centre_id)


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

IS_OPEN = or_(Centre.id.is_(None), and_(Centre.is_active, Centre.deleted_at.is_(None))).label("is_open")
TIME_ZONE = func.coalesce(Centre.time_zone, Clinician.time_zone).label("time_zone")
WEEKDAYS = any_(bindparam("weekdays", type_=ARRAY(SmallInteger)))
CLINICIANS = any_(bindparam("clinician_ids", type_=ARRAY(BigInteger)))
FIRST, LAST = bindparam("first", type_=Date), bindparam("last", type_=Date)

HOURS = (
    select(
        Schedule.clinician_id,
        Schedule.min_booking_notice_hours.label("notice_hours"),
        Schedule.max_advance_booking_days.label("advance_days"),
        Schedule.cancellation_deadline_hours.label("deadline_hours"),
        WeeklyRule.centre_id,
        WeeklyRule.weekday,
        WeeklyRule.start_time,
        WeeklyRule.end_time,
        WeeklyRule.week_of_month,
        WeeklyRule.slot_minutes,
        TIME_ZONE,
        IS_OPEN,
    )
    .select_from(Schedule)
    .join(Clinician, Clinician.id == Schedule.clinician_id)
    .outerjoin(
        WeeklyRule, (WeeklyRule.clinician_id == Schedule.clinician_id) & (WeeklyRule.weekday == WEEKDAYS)
    )
    .outerjoin(Centre, Centre.id == WeeklyRule.centre_id)
    .where(Schedule.clinician_id == CLINICIANS)
)

EXCEPTIONS: CompoundSelect[Any] = union_all(
    select(
        DateException.clinician_id,
        DateException.centre_id,
        DateException.starts_on,
        DateException.ends_on,
        DateException.start_time,
        DateException.end_time,
        DateException.is_available,
        TIME_ZONE,
        IS_OPEN,
        DateException.reason,
    )
    .join(Clinician, Clinician.id == DateException.clinician_id)
    .outerjoin(Centre, Centre.id == DateException.centre_id)
    .where(
        DateException.clinician_id == CLINICIANS,
        DateException.ends_on >= FIRST,
        DateException.starts_on <= LAST,
    ),
    # Holidays of their centres as rows of the same shape: a holiday has no clinician.
    select(
        cast(null(), BigInteger),
        Holiday.centre_id,
        Holiday.holiday_on,
        Holiday.holiday_on,
        cast(null(), Time),
        cast(null(), Time),
        literal(value=False),
        cast(null(), Text),
        literal(value=True),
        func.trim(Holiday.name),
    ).where(
        Holiday.centre_id.in_(
            select(ClinicianCentre.centre_id).where(ClinicianCentre.clinician_id == CLINICIANS)
        ),
        Holiday.holiday_on.between(FIRST, LAST),
    ),
)
