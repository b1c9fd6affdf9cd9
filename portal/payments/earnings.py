"""What clinicians have earned in a period, by service and by day, read from the ledger.

Earned is a clinician's share of what was paid, on the day on which the visit took place or its price was kept; what
was taken back later, for a refund, counts on the day of the refund. Every figure is of one currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.appointments.models import Appointment, Status
from portal.appointments.queries import BOOKED
from portal.core.errors import NotFound
from portal.core.money import Money
from portal.core.permissions import Actor, Permission
from portal.payments import ledger, postings
from portal.payments.book_models import LedgerEntry, Reason
from portal.payments.models import Payment
from portal.payments.periods import Period
from portal.people.models import Clinician
from portal.scheduling.models import Service

VISIT = func.coalesce(LedgerEntry.appointment_id, Payment.appointment_id)
IS_EARNING = LedgerEntry.reason != Reason.PAID_OUT


@dataclass
class OfService:
    """`title` is empty for what belongs to no visit: money of a subscription that went back."""

    service_id: int | None
    title: str
    bookings: int = 0
    minor: int = 0


@dataclass
class OfDay:
    on: date
    bookings: int = 0
    minor: int = 0


@dataclass(frozen=True)
class Earnings:
    """Amounts in minor units. `bookings` start in the period and are not cancelled, `completed` are those that were.

    `owed_minor` is what was earned until now and not paid out, whatever the period; `average_minor` is per visit
    that earned something, None without any.
    """

    period: Period
    currency: str
    minor: int
    bookings: int
    completed: int
    average_minor: int | None
    owed_minor: int
    by_service: Sequence[OfService]
    by_day: Sequence[OfDay]


def get_earner(session: Session, actor: Actor, clinician_id: int) -> Clinician:
    """Whose earnings the actor may see: one's own, or anybody's, who has left included. Raises NotFound."""
    is_allowed = actor.clinician_id == clinician_id or actor.may(Permission.EARNINGS_VIEW)
    found = session.get(Clinician, clinician_id) if is_allowed else None
    if found is None:
        raise NotFound
    return found


def currencies_of(session: Session, clinician: Clinician) -> list[str]:
    """The clinician's own currency, then others that were ever earned in."""
    account = postings.clinician(clinician.id)
    found = session.scalars(select(LedgerEntry.currency).where(LedgerEntry.account == account).distinct())
    return [clinician.currency, *sorted(set(found) - {clinician.currency})]


def owed_to(session: Session, clinician: Clinician) -> list[Money]:
    """What the clinician is owed now, in each currency."""
    account = postings.clinician(clinician.id)
    sums = ledger.balances(session, [account])
    return [
        Money(-sums.get((account, currency), 0), currency) for currency in currencies_of(session, clinician)
    ]


def earnings_of(session: Session, clinician: Clinician, period: Period, currency: str) -> Earnings:
    """The figures of one clinician in the days of their zone, in three queries."""
    earned = _earned(session, clinician, period, currency)
    booked = _booked(session, clinician, period, currency)
    services = {row.service_id: OfService(row.service_id, row.title or "") for row in [*earned, *booked]}
    days = {day: OfDay(day) for day in period.days}
    for row in earned:
        services[row.service_id].minor += int(row.minor)
        days[row.on].minor += int(row.minor)
    for row in booked:
        services[row.service_id].bookings += row.count
        days[row.on].bookings += row.count
    minor, visits = sum(int(row.minor) for row in earned), sum(row.visits for row in earned)
    return Earnings(
        period,
        currency,
        minor,
        sum(row.count for row in booked),
        sum(row.completed for row in booked),
        minor // visits if visits else None,
        ledger.owed_to(session, clinician.id, currency).minor,
        sorted(services.values(), key=lambda one: (-one.minor, -one.bookings, one.title)),
        list(days.values()),
    )


def _earned(session: Session, clinician: Clinician, period: Period, currency: str) -> Sequence[Any]:
    """By day and service: what was earned, and from how many visits."""
    on = _day(LedgerEntry.created_at, clinician.zone)
    visits = func.count(VISIT.distinct()).filter(LedgerEntry.reason == Reason.EARNED)
    minor = -func.sum(LedgerEntry.amount_minor)
    found = (
        select(
            on.label("on"),
            Service.id.label("service_id"),
            Service.title,
            minor.label("minor"),
            visits.label("visits"),
        )
        .outerjoin(Payment, Payment.id == LedgerEntry.payment_id)
        .outerjoin(Appointment, Appointment.id == VISIT)
        .outerjoin(Service, Service.id == Appointment.service_id)
        .where(LedgerEntry.account == postings.clinician(clinician.id), LedgerEntry.currency == currency)
        .where(IS_EARNING, *_within(LedgerEntry.created_at, period, clinician.zone))
        .group_by(on, Service.id, Service.title)
    )
    return session.execute(found).all()


def _booked(session: Session, clinician: Clinician, period: Period, currency: str) -> Sequence[Any]:
    """By day and service: how many visits start, and how many of those took place."""
    on = _day(Appointment.starts_at, clinician.zone)
    completed = func.count().filter(Appointment.status == Status.COMPLETED)
    found = (
        select(
            on.label("on"),
            Service.id.label("service_id"),
            Service.title,
            func.count().label("count"),
            completed.label("completed"),
        )
        .join(Service, Service.id == Appointment.service_id)
        .where(Appointment.clinician_id == clinician.id, Appointment.currency == currency)
        .where(BOOKED, Appointment.status != Status.CANCELLED)
        .where(*_within(Appointment.starts_at, period, clinician.zone))
        .group_by(on, Service.id, Service.title)
    )
    return session.execute(found).all()


def _day(instant: InstrumentedAttribute[datetime], zone: ZoneInfo) -> ColumnElement[date]:
    return cast(func.timezone(zone.key, instant), Date)


def _within(
    instant: InstrumentedAttribute[datetime], period: Period, zone: ZoneInfo
) -> tuple[ColumnElement[bool], ...]:
    begins, ends = period.bounds(zone)
    return instant >= begins, instant < ends
