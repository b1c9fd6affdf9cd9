"""What a clinician has earned."""

from flask import Blueprint

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer
from portal.api.v1.representations.payouts import EarningsQuery, EarningsShape, earnings_shape
from portal.api.v1.who import earner
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, _
from portal.core.permissions import Permission
from portal.payments import earnings
from portal.payments.periods import Period

bp = Blueprint("api_earnings", __name__, url_prefix="/clinicians")


@bp.get("/<string:clinician_id>/earnings")
@endpoint("ANA-05", Answer[EarningsShape], Permission.EARNINGS_VIEW, Permission.EARNINGS_OWN)
def show(clinician_id: str, query: EarningsQuery) -> EarningsShape:
    """Read what a clinician has earned in a week, a month, a year or other days, by service and by day."""
    clinician = earner(clinician_id)
    today = clock.local_day(clock.now(), clinician.zone)
    period = Period.between(query.start_date, query.end_date) or Period.around(today, query.period)
    currencies = earnings.currencies_of(db.session, clinician)
    currency = query.currency or clinician.currency
    if currency not in currencies:
        raise Invalid(details={"currency": _("Nothing was earned in this currency.")})
    found = earnings.earnings_of(db.session, clinician, period, currency)
    return earnings_shape(clinician, found, currencies)
