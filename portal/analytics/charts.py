"""What a clinician's charts are drawn from, on the days of their zone: each in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.appointments.models import Appointment, Status
from portal.appointments.queries import BOOKED
from portal.core import clock
from portal.payments import postings
from portal.payments.book_models import LedgerEntry
from portal.payments.earnings import IS_EARNING
from portal.payments.periods import Period, Span
from portal.people.models import Clinician

MONTHS_BACK = 12


@dataclass(frozen=True)
class Charts:
    """`by_day` has every day of the period, cancelled visits left out; `by_status` counts all that start in it.

    `by_month` is what was earned in the clinician's own currency, refunds taken off, in the twelve months that end
    with the present one, by the first of each. Of the patients who are seen in the period, `new` come for the first
    time and `returning` were here before it.
    """

    period: Period
    currency: str
    by_day: Mapping[date, int]
    by_status: Mapping[Status, int]
    by_month: Mapping[date, int]
    new: int
    returning: int


def charts_of(session: Session, clinician: Clinician, span: Span, *, at: datetime) -> Charts:
    """The week, month or year in which today lies: three queries."""
    today = clock.local_day(at, clinician.zone)
    period = Period.around(today, span)
    by_day, by_status = _visits(session, clinician, period)
    new, returning = _patients(session, clinician, period)
    by_month = _earned(session, clinician, _months_until(today))
    return Charts(period, clinician.currency, by_day, by_status, by_month, new, returning)


def _visits(
    session: Session, clinician: Clinician, period: Period
) -> tuple[dict[date, int], dict[Status, int]]:
    on = _day(Appointment.starts_at, clinician.zone)
    begins, ends = period.bounds(clinician.zone)
    found = session.execute(
        select(on, Appointment.status, func.count())
        .where(Appointment.clinician_id == clinician.id, BOOKED)
        .where(Appointment.starts_at >= begins, Appointment.starts_at < ends)
        .group_by(on, Appointment.status)
    )
    by_day, by_status = dict.fromkeys(period.days, 0), dict.fromkeys(Status, 0)
    for day, status, count in found:
        by_status[Status(status)] += count
        by_day[day] += 0 if status == Status.CANCELLED else count
    return by_day, by_status


def _patients(session: Session, clinician: Clinician, period: Period) -> tuple[int, int]:
    """Who is seen in the period: by their first visit ever, and whether one of theirs lies in it."""
    begins, ends = period.bounds(clinician.zone)
    first = func.min(Appointment.starts_at)
    in_period = (Appointment.starts_at >= begins) & (Appointment.starts_at < ends)
    seen = (
        select(first.label("first"))
        .where(Appointment.clinician_id == clinician.id, BOOKED, Appointment.status != Status.CANCELLED)
        .where(Appointment.patient_id.is_not(None))
        .group_by(Appointment.patient_id)
        .having(func.bool_or(in_period))
        .subquery()
    )
    is_new = seen.c.first >= begins
    new, returning = session.execute(
        select(func.count().filter(is_new), func.count().filter(~is_new)).select_from(seen)
    ).one()
    return new, returning


def _earned(session: Session, clinician: Clinician, months: Sequence[date]) -> dict[date, int]:
    begins = clock.midnight(months[0], clinician.zone)
    last = Period.around(months[-1], Span.MONTH)
    local = func.timezone(clinician.zone.key, LedgerEntry.created_at)
    month = cast(func.date_trunc("month", local), Date)
    found = session.execute(
        select(month, -func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.account == postings.clinician(clinician.id), IS_EARNING)
        .where(LedgerEntry.currency == clinician.currency)
        .where(LedgerEntry.created_at >= begins, LedgerEntry.created_at < last.bounds(clinician.zone)[1])
        .group_by(month)
    )
    return {**dict.fromkeys(months, 0), **{first: int(minor) for first, minor in found}}


def _months_until(today: date) -> list[date]:
    """The firsts of the last twelve months, the present one included."""
    number = today.year * 12 + today.month - 1
    return [date(one // 12, one % 12 + 1, 1) for one in range(number - MONTHS_BACK + 1, number + 1)]


def _day(instant: InstrumentedAttribute[datetime], zone: ZoneInfo) -> ColumnElement[date]:
    return cast(func.timezone(zone.key, instant), Date)
