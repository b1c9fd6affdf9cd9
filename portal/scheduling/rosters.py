"""Working times, read in one query however many clinicians are asked about."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
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
from portal.people.models import Clinician, ClinicianCentre
from portal.scheduling.models import DateException, Schedule, WeeklyRule
from portal.scheduling.rules import Exceptional, Hours, Timetable

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
    asked = {"clinician_ids": list(clinician_ids), "weekdays": weekdays, "first": first, "last": last}
    building = _Building(centre_id)
    for row in read_columns(session, WORKING_TIMES, asked):
        building.add(row)
    return building.roster()


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

    def add(self, row: Any) -> None:
        if row.starts_on is None:
            self._add_hours(row)
        elif row.clinician_id is None:
            self.holidays[row.centre_id][row.starts_on] = row.reason
        else:
            self._add_exception(row)

    def _add_hours(self, row: Any) -> None:
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

    def _add_exception(self, row: Any) -> None:
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


IS_OPEN = or_(Centre.id.is_(None), and_(Centre.is_active, Centre.deleted_at.is_(None)))
TIME_ZONE = func.coalesce(Centre.time_zone, Clinician.time_zone)
WEEKDAYS = any_(bindparam("weekdays", type_=ARRAY(SmallInteger)))
CLINICIANS = any_(bindparam("clinician_ids", type_=ARRAY(BigInteger)))
FIRST, LAST = bindparam("first", type_=Date), bindparam("last", type_=Date)
NO_ID, NO_DATE, NO_TIME = cast(null(), BigInteger), cast(null(), Date), cast(null(), Time)
NO_NUMBER, NO_TEXT = cast(null(), SmallInteger), cast(null(), Text)

# Three kinds of rows of one shape. Hours are on no date; a clinician without any is one row without a weekday.
HOURS = (
    select(
        Schedule.clinician_id,
        WeeklyRule.centre_id,
        WeeklyRule.start_time,
        WeeklyRule.end_time,
        TIME_ZONE.label("time_zone"),
        IS_OPEN.label("is_open"),
        Schedule.min_booking_notice_hours.label("notice_hours"),
        Schedule.max_advance_booking_days.label("advance_days"),
        Schedule.cancellation_deadline_hours.label("deadline_hours"),
        WeeklyRule.weekday,
        WeeklyRule.week_of_month,
        WeeklyRule.slot_minutes,
        NO_DATE.label("starts_on"),
        NO_DATE.label("ends_on"),
        cast(null(), Boolean).label("is_available"),
        NO_TEXT.label("reason"),
    )
    .select_from(Schedule)
    .join(Clinician, Clinician.id == Schedule.clinician_id)
    .outerjoin(
        WeeklyRule, (WeeklyRule.clinician_id == Schedule.clinician_id) & (WeeklyRule.weekday == WEEKDAYS)
    )
    .outerjoin(Centre, Centre.id == WeeklyRule.centre_id)
    .where(Schedule.clinician_id == CLINICIANS)
)
EXCEPTIONS = (
    select(
        DateException.clinician_id,
        DateException.centre_id,
        DateException.start_time,
        DateException.end_time,
        TIME_ZONE,
        IS_OPEN,
        *(NO_NUMBER, NO_NUMBER, NO_NUMBER, NO_NUMBER, NO_NUMBER, NO_NUMBER),
        DateException.starts_on,
        DateException.ends_on,
        DateException.is_available,
        DateException.reason,
    )
    .join(Clinician, Clinician.id == DateException.clinician_id)
    .outerjoin(Centre, Centre.id == DateException.centre_id)
    .where(
        DateException.clinician_id == CLINICIANS,
        DateException.ends_on >= FIRST,
        DateException.starts_on <= LAST,
    )
)
# Those of their centres: a holiday has no clinician.
HOLIDAYS = select(
    NO_ID,
    Holiday.centre_id,
    NO_TIME,
    NO_TIME,
    NO_TEXT,
    literal(value=True),
    *(NO_NUMBER, NO_NUMBER, NO_NUMBER, NO_NUMBER, NO_NUMBER, NO_NUMBER),
    Holiday.holiday_on,
    Holiday.holiday_on,
    literal(value=False),
    func.trim(Holiday.name),
).where(
    Holiday.centre_id.in_(
        select(ClinicianCentre.centre_id).where(ClinicianCentre.clinician_id == CLINICIANS)
    ),
    Holiday.holiday_on.between(FIRST, LAST),
)
# Built once: putting it together costs more than running it.
WORKING_TIMES: CompoundSelect[*tuple[Any, ...]] = union_all(HOURS, EXCEPTIONS, HOLIDAYS)
