"""A clinician's figures: how things stand, what happened lately, and the charts of a period."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Response, g, request

from portal.analytics.activity import activity_of
from portal.analytics.charts import Charts, charts_of
from portal.analytics.of_clinician import clinician_figures
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.activities import said_of
from portal.payments.earnings import get_earner
from portal.payments.periods import Span
from portal.people.models import Clinician
from portal.web.charts import Chart, chart_of
from portal.web.clinician import bp
from portal.web.rendering import page
from portal.web.unread import unread_messages

MOST_BARS = 62


@bp.get("/overview")
@requires(Permission.DAY_SCHEDULE_OWN)
def overview() -> Response:
    """Today, what waits, and what happened lately."""
    own = _own()
    return page(
        "clinician/overview.html",
        clinician=own,
        found=clinician_figures(db.session, own, at=clock.now()),
        unread=unread_messages(g.actor),
        activity=[(one, said_of(one)) for one in activity_of(db.session, own)],
    )


@bp.get("/charts")
@requires(Permission.EARNINGS_OWN)
def charts() -> Response:
    """A week, a month or a year, this month unless another is named; each chart with its table."""
    own = _own()
    wanted = request.args.get("period")
    span = Span(wanted) if wanted in set(Span) else Span.MONTH
    found = charts_of(db.session, own, span, at=clock.now())
    return page(
        "clinician/charts.html",
        clinician=own,
        found=found,
        span=span,
        spans=Span,
        visits=_visits(found),
        revenue=_bars(found.by_month, by_month=True),
    )


@dataclass(frozen=True)
class Bars:
    """A chart and what it is drawn from, by day or by the first of a month."""

    chart: Chart
    values: Mapping[date, int]
    by_month: bool


def _visits(found: Charts) -> Bars:
    """The days, or where they would be too many bars, the months."""
    if len(found.by_day) <= MOST_BARS:
        return _bars(found.by_day, by_month=False)
    months: dict[date, int] = {}
    for on, count in found.by_day.items():
        first = on.replace(day=1)
        months[first] = months.get(first, 0) + count
    return _bars(months, by_month=True)


def _bars(values: Mapping[date, int], *, by_month: bool) -> Bars:
    return Bars(chart_of(list(values.values())), values, by_month)


def _own() -> Clinician:
    return get_earner(db.session, g.actor, g.actor.clinician_id or 0)
