"""What a clinician has earned, as a page and as a file: the clinician's own and the practice's are the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.delivery.exports import note_export
from portal.delivery.spreadsheets import csv_file
from portal.payments import earnings, statements
from portal.payments.book_models import LedgerEntry, Reason
from portal.payments.earnings import OfDay
from portal.payments.periods import Period, Span
from portal.payments.statements import Line
from portal.people.models import Clinician
from portal.web.arguments import day
from portal.web.charts import chart_of
from portal.web.rendering import page

MOST_BARS = 62


@dataclass(frozen=True)
class Asked:
    """The days that the address asks for, this month unless others are named; `errors` by date."""

    period: Period
    errors: dict[str, str]

    @classmethod
    def of_address(cls, zone: ZoneInfo) -> "Asked":
        today = clock.local_day(clock.now(), zone)
        wanted = request.args.get("period")
        span = Span(wanted) if wanted in set(Span) else Span.MONTH
        usual = Period.around(today, span)
        names = ("start_date", "end_date")
        wrong = [name for name in names if day(name) is None and request.args.get(name, "").strip()]
        if wrong:
            return cls(usual, dict.fromkeys(wrong, gettext("Enter a date, like 2027-06-04")))
        try:
            return cls(Period.between(*map(day, names)) or usual, {})
        except Invalid as refusal:
            return cls(usual, {name: gettext(message) for name, message in refusal.details.items()})

    @property
    def values(self) -> dict[str, Any]:
        """For addresses that mean the same days."""
        return values_of(self.period)

    def typed(self, name: str) -> str:
        """What stands in a date's field."""
        if self.errors:
            return request.args.get(name, "")
        return str(self.values[name])


def values_of(period: Period) -> dict[str, Any]:
    """A period in an address."""
    return {"start_date": period.first.isoformat(), "end_date": period.last.isoformat()}


def earnings_page(clinician: Clinician, template: str) -> Response:
    """The figures of a period in one of the clinician's currencies."""
    asked = Asked.of_address(clinician.zone)
    currencies = earnings.currencies_of(db.session, clinician)
    currency = _currency(currencies)
    found = earnings.earnings_of(db.session, clinician, asked.period, currency)
    by_month = len(found.by_day) > MOST_BARS
    buckets = _months(found.by_day) if by_month else found.by_day
    return page(
        template,
        status=422 if asked.errors else 200,
        clinician=clinician,
        asked=asked,
        values_of=values_of,
        spans=Span,
        currencies=currencies,
        found=found,
        by_month=by_month,
        buckets=buckets,
        chart=chart_of([one.minor for one in buckets]),
        now=clock.now(),
    )


def earnings_file(clinician: Clinician) -> Response:
    """Each line behind the figures, for a spreadsheet."""
    period = Asked.of_address(clinician.zone).period
    currency = _currency(earnings.currencies_of(db.session, clinician))
    begins, ends = period.bounds(clinician.zone)
    lines = statements.lines_of(
        db.session, clinician.id, currency, LedgerEntry.created_at >= begins, LedgerEntry.created_at < ends
    )
    return lines_file(f"earnings-{clinician.slug}-{period.first}-{period.last}", lines, currency)


def lines_file(name: str, lines: Sequence[Line], currency: str) -> Response:
    """Lines of a statement as a file, which is in the audit like every list that somebody takes along."""
    heads = (
        gettext("At (UTC)"), gettext("What"), gettext("Appointment"), gettext("Visit (UTC)"), gettext("Service"),
        gettext("Currency"), gettext("Price kept"), gettext("Taxes"), gettext("Practice"), gettext("Clinician"),
    )  # fmt: skip
    note_export("earnings")
    return csv_file(f"{name}.csv", heads, _cells(lines, currency))


def _cells(lines: Sequence[Line], currency: str) -> Iterator[list[object]]:
    for line in lines:
        amounts = (line.minor, line.taxes_minor, line.practice_minor, line.share_minor)
        yield [
            line.at.isoformat(timespec="seconds"),
            gettext("Earned") if line.reason == Reason.EARNED else gettext("Taken back"),
            line.appointment_id,
            line.starts_at.isoformat(timespec="seconds") if line.starts_at else None,
            line.service,
            currency,
            *(Money(minor, currency).amount for minor in amounts),
        ]


def _currency(currencies: Sequence[str]) -> str:
    wanted = request.args.get("currency", "")
    return wanted if wanted in currencies else currencies[0]


def _months(by_day: Sequence[OfDay]) -> Sequence[OfDay]:
    """The days of each month together, under its first."""
    months: dict[date, OfDay] = {}
    for one in by_day:
        month = months.setdefault(one.on.replace(day=1), OfDay(one.on.replace(day=1)))
        month.minor += one.minor
        month.bookings += one.bookings
    return list(months.values())
