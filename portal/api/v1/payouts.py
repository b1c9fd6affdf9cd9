"""What the practice has paid to clinicians, each time with a statement."""

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Listed, Paged, minor_units, paged
from portal.api.v1.representations.payouts import (
    NewPayout,
    PayoutDetail,
    PayoutQuery,
    PayoutShape,
    payout_detail,
    payout_shape,
)
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, _
from portal.core.permissions import Permission
from portal.delivery.periods import instants
from portal.payments import earnings, statements
from portal.payments.paying_out import pay_out
from portal.payments.statements import Filters

bp = Blueprint("api_payouts", __name__, url_prefix="/payouts")
READ = (Permission.EARNINGS_VIEW, Permission.EARNINGS_OWN)


@bp.get("")
@endpoint("RFD-03", Listed[PayoutShape], *READ)
def index(query: PayoutQuery) -> Paged[PayoutShape]:
    """List payouts, newest first; clinicians see their own."""
    if query.start_date and query.end_date and query.end_date < query.start_date:
        raise Invalid(details={"end_date": _("The end must not be before the start.")})
    filters = Filters(query.clinician_id, *instants(query.start_date, query.end_date))
    return paged(
        statements.search(db.session, g.actor, filters, page=query.page, limit=query.limit), payout_shape
    )


@bp.post("")
@endpoint("RFD-03", Answer[PayoutShape], Permission.PAYOUT_MAKE, status=201, is_write=True)
def create(json: NewPayout) -> PayoutShape:
    """Write down that a clinician was paid. Never more than is owed; of two at once the second sees the first."""
    clinician = earnings.get_earner(db.session, g.actor, json.clinician_id)
    currency = json.currency or clinician.currency
    return payout_shape(
        pay_out(
            db.session,
            clinician.id,
            currency=currency,
            amount_minor=_minor(json.amount, currency),
            reference=json.reference,
            by=g.actor,
            at=clock.now(),
        )
    )


@bp.get("/<int:payout_id>")
@endpoint("RFD-03", Answer[PayoutDetail], *READ)
def show(payout_id: int) -> PayoutDetail:
    """Read a payout with its statement: which visits earned what since the one before."""
    found = statements.get_visible(db.session, g.actor, payout_id)
    return payout_detail(statements.statement_of(db.session, found))


def _minor(given: float | None, currency: str) -> int | None:
    if given is None:
        return None
    try:
        minor = minor_units(given, currency)
    except ValueError:
        raise Invalid(details={"amount": _("This is finer than the currency allows.")}) from None
    if minor <= 0:
        raise Invalid(details={"amount": _("Give an amount above zero.")})
    return minor
