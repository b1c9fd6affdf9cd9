"""What clinicians have earned, for those who run the practice: all of them, and one by one."""

from flask import Response, g
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.exports import Row, list_file, named
from portal.payments import earnings as figures
from portal.payments import policy
from portal.payments.periods import Span
from portal.payments.standings import Standing, all_standings, standings, totals
from portal.web.admin import bp
from portal.web.arguments import check_is_page, page_number
from portal.web.earnings import Asked, earnings_file, earnings_page, values_of
from portal.web.rendering import page


@bp.get("/earnings")
@requires(Permission.EARNINGS_VIEW)
def earnings() -> Response:
    """Everybody who ever earned something, with a period's figures."""
    asked = Asked.of_address(policy.current().zone)
    found = standings(db.session, asked.period, page=page_number())
    check_is_page(found)
    return page(
        "admin/earnings/index.html",
        fragment="admin/earnings/_list.html",
        status=422 if asked.errors else 200,
        asked=asked,
        found=found,
        totals=totals(db.session, asked.period),
        values_of=values_of,
        spans=Span,
        now=clock.now(),
        zone=policy.current().zone,
    )


@bp.get("/earnings.csv")
@requires(Permission.EXPORT_RUN)
def earnings_of_all() -> Response:
    """The same for a spreadsheet, in the main unit of each currency; what is owed is owed now."""
    asked = Asked.of_address(policy.current().zone)
    heads = (gettext("Clinician"), gettext("Currency"), gettext("Earned"), gettext("To be paid out"))
    rows = map(_cells, all_standings(db.session, asked.period))
    return list_file("earnings", heads, rows, of=Permission.EARNINGS_VIEW, filters=named(asked.values))


@bp.get("/clinicians/<int:clinician_id>/earnings")
@requires(Permission.EARNINGS_VIEW)
def clinician_earnings(clinician_id: int) -> Response:
    """One clinician's, as the clinician sees them."""
    shown = figures.get_earner(db.session, g.actor, clinician_id)
    return earnings_page(shown, "admin/earnings/show.html")


@bp.get("/clinicians/<int:clinician_id>/earnings.csv")
@requires(Permission.EARNINGS_VIEW)
def clinician_earnings_lines(clinician_id: int) -> Response:
    """The same, line by line."""
    return earnings_file(figures.get_earner(db.session, g.actor, clinician_id))


def _cells(one: Standing) -> Row:
    earned, owed = Money(one.earned_minor, one.currency), Money(one.owed_minor, one.currency)
    return [one.clinician.full_name, one.currency, earned.amount, owed.amount]
