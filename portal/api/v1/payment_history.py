"""Payments: those one may see, and each of them."""

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Listed, Paged, paged
from portal.api.v1.representations.payments import (
    PaymentDetail,
    PaymentQuery,
    PaymentShape,
    payment_detail,
    payment_shape,
)
from portal.bootstrap import db
from portal.core.errors import Invalid, _
from portal.core.permissions import Permission
from portal.delivery.looks import note_look
from portal.delivery.periods import instants
from portal.payments import queries
from portal.payments.queries import Filters

bp = Blueprint("api_payment_history", __name__, url_prefix="/payments")
READ = (Permission.PAYMENT_VIEW, Permission.PAYMENT_OWN, Permission.EARNINGS_OWN)


@bp.get("")
@endpoint("PAY-05", Listed[PaymentShape], *READ)
def index(query: PaymentQuery) -> Paged[PaymentShape]:
    """List payments, newest first: own ones, for clinicians those of their visits, for staff those of their centre."""
    if query.start_date and query.end_date and query.end_date < query.start_date:
        raise Invalid(details={"end_date": _("The end must not be before the start.")})
    paid_from, paid_before = instants(query.start_date, query.end_date)
    filters = Filters(
        status=query.status,
        purpose=query.purpose,
        appointment_id=query.appointment_id,
        patient_id=query.patient_id,
        paid_from=paid_from,
        paid_before=paid_before,
    )
    found = queries.search(db.session, g.actor, filters, page=query.page, limit=query.limit)
    return paged(found, payment_shape)


@bp.get("/<int:payment_id>")
@endpoint("PAY-06", Answer[PaymentDetail], *READ)
def show(payment_id: int) -> PaymentDetail:
    """Read a payment with its refunds. The id is the payment's, not that of its appointment.

    What staff read of a patient is audited.
    """
    shown = queries.get_visible(db.session, g.actor, payment_id)
    note_look("payment", shown.id, shown.patient_id)
    return payment_detail(shown, g.actor)
