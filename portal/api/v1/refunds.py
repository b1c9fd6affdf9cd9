"""Money that goes back."""

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, minor_units
from portal.api.v1.representations.payments import RefundQueued, RefundWanted, refund_queued
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, _
from portal.core.permissions import Permission
from portal.delivery.tills import count_payment_write
from portal.payments import returning
from portal.payments.queries import get_visible

bp = Blueprint("api_refunds", __name__, url_prefix="/payments/<int:payment_id>/refunds")
REFUND = (Permission.PAYMENT_REFUND, Permission.PAYMENT_OWN)


@bp.post("")
@endpoint("RFD-01", Answer[RefundQueued], *REFUND, status=201, is_write=True)
def create(payment_id: int, json: RefundWanted) -> RefundQueued:
    """Give money back: staff all or part of what is left, with a reason.

    Patients get what the policy gives for a visit that was cancelled, if it has not gone back by itself.
    """
    count_payment_write()
    currency = get_visible(db.session, g.actor, payment_id).currency
    made = returning.give_back(
        db.session,
        payment_id,
        minor=_minor(json.amount, currency),
        reason=json.reason,
        by=g.actor,
        at=clock.now(),
    )
    return refund_queued(made)


def _minor(given: float | None, currency: str) -> int | None:
    try:
        return None if given is None else minor_units(given, currency)
    except ValueError:
        raise Invalid(details={"amount": _("This is no amount of money.")}) from None
