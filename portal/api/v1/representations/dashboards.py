"""Dashboards, charts and recent activity as they go out, and what may be asked of them."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, RootModel

from portal.analytics.activity import Activity
from portal.analytics.charts import Charts
from portal.analytics.of_clinician import ClinicianFigures
from portal.analytics.of_patient import PatientFigures
from portal.api.v1.representations.appointments import AppointmentShape, appointment_shape
from portal.api.v1.representations.base import Query, Shape, amount
from portal.api.v1.representations.payments import PaymentShape, payment_shape
from portal.appointments.models import Status
from portal.core.money import Money
from portal.core.permissions import Actor
from portal.delivery.activities import said_of
from portal.payments.periods import Span
from portal.people.models import Clinician


class Sum(Shape):
    currency: str
    amount: float


class PatientDashboard(Shape):
    role: Literal["PATIENT"] = "PATIENT"
    upcoming_appointments: list[AppointmentShape] = Field(description="The next ten.")
    recent_payments: list[PaymentShape] = Field(description="The last five.")
    total_appointments: int = Field(description="All that were booked and not cancelled.")
    total_spent: list[Sum] = Field(description="In each currency, refunds taken off.")
    unread_messages: int


class ClinicianDashboard(Shape):
    role: Literal["CLINICIAN"] = "CLINICIAN"
    timezone: str
    todays_sessions: int
    upcoming_sessions: int
    pending_requests: int
    completed_sessions: int
    total_patients: int
    revenue_this_month: list[Sum] = Field(
        description="The clinician's share in each currency, refunds taken off."
    )
    average_rating: float | None = Field(description="Null: there are no reviews.")
    unread_messages: int
    open_quotations: int = Field(description="Sent, and not answered yet.")


class Dashboard(RootModel[PatientDashboard | ClinicianDashboard]):
    """A patient's or a clinician's, as `role` says."""


class ChartsQuery(Query):
    period: Span = Field(Span.MONTH, description="The one in which today lies. Weeks begin on Monday.")


class DayCount(Shape):
    date: date
    appointments: int


class MonthRevenue(Shape):
    month: str = Field(description="Such as 2026-03.")
    revenue: float


class StatusCount(Shape):
    status: Status
    count: int


class PatientSplit(Shape):
    new: int = Field(description="Whose first visit ever lies in the period.")
    returning: int


class ChartsShape(Shape):
    """Days are those of the clinician's zone."""

    period: Span
    start_date: date
    end_date: date
    timezone: str
    currency: str
    appointments_per_day: list[DayCount] = Field(
        description="Every day of the period, cancelled ones left out."
    )
    revenue_per_month: list[MonthRevenue] = Field(description="Twelve months until the present one.")
    status_split: list[StatusCount]
    patients: PatientSplit


class ActivityQuery(Query):
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class ActivityShape(Shape):
    id: str
    type: str
    text: str
    actor_name: str
    related_type: Literal["appointment"] = "appointment"
    related_id: int
    created_at: datetime


def patient_dashboard(found: PatientFigures, actor: Actor, unread: int) -> PatientDashboard:
    return PatientDashboard(
        upcoming_appointments=[
            appointment_shape(one, actor, found.accounts[one.id]) for one in found.upcoming
        ],
        recent_payments=[payment_shape(payment) for payment in found.payments],
        total_appointments=found.appointments,
        total_spent=[_sum(money) for money in found.spent],
        unread_messages=unread,
    )


def clinician_dashboard(clinician: Clinician, found: ClinicianFigures, unread: int) -> ClinicianDashboard:
    return ClinicianDashboard(
        timezone=clinician.time_zone,
        todays_sessions=found.today,
        upcoming_sessions=found.upcoming,
        pending_requests=found.requests,
        completed_sessions=found.completed,
        total_patients=found.patients,
        revenue_this_month=[_sum(money) for money in found.revenue],
        average_rating=None,
        unread_messages=unread,
        open_quotations=found.quotations,
    )


def charts_shape(clinician: Clinician, span: Span, found: Charts) -> ChartsShape:
    return ChartsShape(
        period=span,
        start_date=found.period.first,
        end_date=found.period.last,
        timezone=clinician.time_zone,
        currency=found.currency,
        appointments_per_day=[DayCount(date=on, appointments=count) for on, count in found.by_day.items()],
        revenue_per_month=[
            MonthRevenue(month=f"{first:%Y-%m}", revenue=amount(minor, found.currency))
            for first, minor in found.by_month.items()
        ],
        status_split=[StatusCount(status=status, count=count) for status, count in found.by_status.items()],
        patients=PatientSplit(new=found.new, returning=found.returning),
    )


def activity_shape(one: Activity) -> ActivityShape:
    return ActivityShape(
        id=one.key,
        type=one.kind,
        text=said_of(one),
        actor_name=one.by,
        related_id=one.related_id,
        created_at=one.at,
    )


def _sum(money: Money) -> Sum:
    return Sum(currency=money.currency, amount=amount(money.minor, money.currency))
