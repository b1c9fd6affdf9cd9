"""The receipt of a payment, for the desk that prints it; clinicians see those of their own visits."""

from flask import Response, g, url_for
from flask_babel import gettext

from portal.bootstrap import db
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.papers import paper_of_receipt
from portal.payments.book_models import Receipt
from portal.payments.receipts import get_visible
from portal.web.papers import pdf_file
from portal.web.rendering import page
from portal.web.staff import bp


@bp.get("/staff/payments/<int:payment_id>/receipt")
@requires(Permission.RECEIPT_VIEW)
def receipt(payment_id: int) -> Response:
    found = get_visible(db.session, g.actor, payment_id)
    return page(
        "receipts/show.html",
        paper=paper_of_receipt(found),
        back=_back(found),
        pdf=url_for("staff.receipt_pdf", payment_id=payment_id),
    )


@bp.get("/staff/payments/<int:payment_id>/receipt.pdf")
@requires(Permission.RECEIPT_VIEW)
def receipt_pdf(payment_id: int) -> Response:
    return pdf_file(paper_of_receipt(get_visible(db.session, g.actor, payment_id)))


def _back(found: Receipt) -> tuple[str, str] | None:
    """To the payment, or for those who see no payments to the appointment, if it is for one."""
    if g.actor.may(Permission.PAYMENT_VIEW):
        return gettext("Payment"), url_for("staff.payment", payment_id=found.payment_id)
    visit_id = found.payment.appointment_id
    return (
        (gettext("Appointment"), url_for("staff.appointment", appointment_id=visit_id)) if visit_id else None
    )
