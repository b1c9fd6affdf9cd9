"""What clinicians earned and were paid out, as it goes out; and what may be asked of it."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from portal.api.v1.representations.base import Amount, Body, Id, Line, Listing, Query, Shape, Upper, amount
from portal.api.v1.representations.slots import Day
from portal.payments.book_models import Reason
from portal.payments.earnings import Earnings, OfDay, OfService
from portal.payments.payout_models import Payout
from portal.payments.periods import Span
from portal.payments.statements import Line as Entry
from portal.payments.statements import Statement
from portal.people.models import Clinician

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", max_length=3), Upper]


class EarningsQuery(Query):
    period: Span = Field(Span.MONTH, description="The one in which today lies. Weeks begin on Monday.")
    start_date: Day | None = Field(None, description="With endDate in place of a period: a year at most.")
    end_date: Day | None = Field(None, description="Included.")
    currency: Currency | None = Field(None, description="The clinician's own unless given.")


class ServiceEarnings(Shape):
    """What was taken back for refunded subscriptions is of no service."""

    service_id: int | None
    service_title: str
    bookings: int
    earnings: float


class DayEarnings(Shape):
    date: date
    earnings: float
    bookings: int


class EarningsShape(Shape):
    """Days are those of the clinician's zone. Earnings are the clinician's share, refunds taken off on their day."""

    clinician_id: int
    start_date: date
    end_date: date
    timezone: str
    currency: str = Field(description="Of every amount here.")
    currencies: list[str] = Field(description="All in which this clinician earns or has earned.")
    total_earnings: float
    total_bookings: int = Field(description="That start in the period and are not cancelled.")
    completed_sessions: int
    pending_payouts: float = Field(description="Owed now, whatever the period.")
    average_session_value: float | None = Field(description="For each visit that earned; null without any.")
    by_service: list[ServiceEarnings]
    daily_earnings: list[DayEarnings] = Field(description="Every day of the period.")


class PayoutQuery(Listing):
    clinician_id: Id | None = None
    start_date: Day | None = Field(None, description="Made on or after that day, in the practice's zone.")
    end_date: Day | None = Field(None, description="Included.")


class NewPayout(Body):
    clinician_id: Id
    amount: Amount | None = Field(None, description="All that is owed unless given.")
    currency: Currency | None = Field(None, description="The clinician's own unless given.")
    reference: Annotated[Line, Field(max_length=100)] = Field("", description="The bank's word for it.")


class PayoutShape(Shape):
    id: int
    statement_number: str
    clinician_id: int
    clinician_name: str
    amount: float
    currency: str
    reference: str
    created_at: datetime


class StatementLine(Shape):
    """Amounts are below zero for what was taken back."""

    earned_at: datetime
    is_refund: bool
    appointment_id: int | None
    start_at: datetime | None
    service_title: str | None
    amount: float = Field(description="All of the money of which these are the parts.")
    taxes: float
    practice_share: float
    clinician_share: float


class PayoutDetail(PayoutShape):
    """With its statement: what was owed before, what was earned since, and what was still owed then."""

    brought_forward: float
    earned: float
    still_owed: float
    lines: list[StatementLine]


def earnings_shape(clinician: Clinician, found: Earnings, currencies: list[str]) -> EarningsShape:
    coin, average = found.currency, found.average_minor
    return EarningsShape(
        clinician_id=clinician.id,
        start_date=found.period.first,
        end_date=found.period.last,
        timezone=clinician.time_zone,
        currency=coin,
        currencies=currencies,
        total_earnings=amount(found.minor, coin),
        total_bookings=found.bookings,
        completed_sessions=found.completed,
        pending_payouts=amount(found.owed_minor, coin),
        average_session_value=None if average is None else amount(average, coin),
        by_service=[_service(one, coin) for one in found.by_service],
        daily_earnings=[_day(one, coin) for one in found.by_day],
    )


def payout_shape(payout: Payout) -> PayoutShape:
    return PayoutShape(
        id=payout.id,
        statement_number=payout.statement_number,
        clinician_id=payout.clinician_id,
        clinician_name=payout.clinician.full_name,
        amount=amount(payout.amount_minor, payout.currency),
        currency=payout.currency,
        reference=payout.reference,
        created_at=payout.made_at,
    )


def payout_detail(statement: Statement) -> PayoutDetail:
    coin = statement.payout.currency
    return PayoutDetail(
        **payout_shape(statement.payout).model_dump(by_alias=False),
        brought_forward=amount(statement.brought_forward_minor, coin),
        earned=amount(statement.earned_minor, coin),
        still_owed=amount(statement.left_minor, coin),
        lines=[_line(line, coin) for line in statement.lines],
    )


def _line(line: Entry, coin: str) -> StatementLine:
    return StatementLine(
        earned_at=line.at,
        is_refund=line.reason == Reason.EARNING_RETURNED,
        appointment_id=line.appointment_id,
        start_at=line.starts_at,
        service_title=line.service,
        amount=amount(line.minor, coin),
        taxes=amount(line.taxes_minor, coin),
        practice_share=amount(line.practice_minor, coin),
        clinician_share=amount(line.share_minor, coin),
    )


def _service(one: OfService, coin: str) -> ServiceEarnings:
    return ServiceEarnings(
        service_id=one.service_id,
        service_title=one.title,
        bookings=one.bookings,
        earnings=amount(one.minor, coin),
    )


def _day(one: OfDay, coin: str) -> DayEarnings:
    return DayEarnings(date=one.on, earnings=amount(one.minor, coin), bookings=one.bookings)
