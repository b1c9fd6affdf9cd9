"""What a clinician has earned, and was paid out."""

from flask import Response, g

from portal.bootstrap import db
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.payments import earnings as figures
from portal.payments import statements
from portal.payments.statements import Filters
from portal.people.models import Clinician
from portal.web.arguments import check_is_page, page_number
from portal.web.clinician import bp
from portal.web.earnings import earnings_file, earnings_page
from portal.web.rendering import page


@bp.get("/earnings")
@requires(Permission.EARNINGS_OWN)
def earnings() -> Response:
    """A week, a month, a year, or other days."""
    return earnings_page(_own(), "clinician/earnings.html")


@bp.get("/earnings.csv")
@requires(Permission.EARNINGS_OWN)
def earnings_lines() -> Response:
    """The same, line by line."""
    return earnings_file(_own())


@bp.get("/payouts")
@requires(Permission.EARNINGS_OWN)
def payouts() -> Response:
    """Every payout with its statement, the newest first."""
    own = _own()
    found = statements.search(db.session, g.actor, Filters(clinician_id=own.id), page=page_number())
    check_is_page(found)
    return page(
        "clinician/payouts.html",
        fragment="payouts/_list.html",
        clinician=own,
        found=found,
        owed=figures.owed_to(db.session, own),
        zone=own.zone,
        filters={},
    )


def _own() -> Clinician:
    return figures.get_earner(db.session, g.actor, g.actor.clinician_id or 0)
