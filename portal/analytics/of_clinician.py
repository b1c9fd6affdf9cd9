"""A clinician's own figures at this moment, on the days of their zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status, Waiting
from portal.appointments.queries import BOOKED
from portal.core import clock
from portal.core.money import Money
from portal.payments import postings
from portal.payments.book_models import LedgerEntry
from portal.payments.earnings import IS_EARNING
from portal.payments.periods import Period, Span
from portal.payments.quotation_models import Quotation, QuotationStatus
from portal.people.models import Clinician


@dataclass(frozen=True)
class ClinicianFigures:
    """`patients` are people ever booked, `quotations` those that wait for an answer.

    `revenue` is what the clinician has earned this month, refunds taken off, in each currency; their own stands first.
    """

    today: int
    upcoming: int
    requests: int
    completed: int
    patients: int
    quotations: int
    revenue: Sequence[Money]


def clinician_figures(session: Session, clinician: Clinician, *, at: datetime) -> ClinicianFigures:
    """Two queries, however much there is."""
    today = clock.local_day(at, clinician.zone)
    counts = session.execute(_visits(clinician, *clock.day_bounds(today, clinician.zone), at)).one()
    today_count, upcoming, requests, completed, patients, quotations = counts
    return ClinicianFigures(
        today=today_count,
        upcoming=upcoming,
        requests=requests,
        completed=completed,
        patients=patients,
        quotations=quotations,
        revenue=_revenue(session, clinician, Period.around(today, Span.MONTH)),
    )


def _visits(
    clinician: Clinician, begins: datetime, ends: datetime, at: datetime
) -> Select[int, int, int, int, int, int]:
    """Every count in one statement, those of visits in one pass over the clinician's own."""
    live = Appointment.status.in_([Status.PENDING, Status.CONFIRMED])
    stands = Appointment.status != Status.CANCELLED
    is_today = (Appointment.starts_at >= begins) & (Appointment.starts_at < ends)
    waits = (Appointment.waiting_for == Waiting.ACCEPTANCE) & (Appointment.hold_expires_at > at)
    return select(
        func.count().filter(stands, is_today),
        func.count().filter(live, Appointment.starts_at > at),
        func.count().filter(waits),
        func.count().filter(Appointment.status == Status.COMPLETED),
        func.count(Appointment.patient_id.distinct()).filter(stands),
        _quotations(clinician, at).scalar_subquery(),
    ).where(Appointment.clinician_id == clinician.id, BOOKED)


def _quotations(clinician: Clinician, at: datetime) -> Select[int]:
    return select(func.count()).where(
        Quotation.clinician_id == clinician.id,
        Quotation.status == QuotationStatus.SENT,
        Quotation.deleted_at.is_(None),
        Quotation.superseded_at.is_(None),
        Quotation.expires_at > at,
    )


def _revenue(session: Session, clinician: Clinician, month: Period) -> list[Money]:
    begins, ends = month.bounds(clinician.zone)
    found = session.execute(
        select(LedgerEntry.currency, -func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.account == postings.clinician(clinician.id), IS_EARNING)
        .where(LedgerEntry.created_at >= begins, LedgerEntry.created_at < ends)
        .group_by(LedgerEntry.currency)
    )
    sums = {clinician.currency: 0, **{currency: int(minor) for currency, minor in found}}
    return [Money(minor, currency) for currency, minor in sums.items()]
