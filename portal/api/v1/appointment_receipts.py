"""The receipt of an appointment that was paid: its number and where to read it, and the file."""

from flask import Blueprint

from portal.api.v1.appointments import seen
from portal.api.v1.endpoint import endpoint
from portal.api.v1.files import File
from portal.api.v1.representations.base import Answer
from portal.api.v1.representations.receipts import ReceiptShape, receipt_shape
from portal.bootstrap import db
from portal.core.permissions import Permission
from portal.delivery.papers import paper_of_receipt
from portal.payments.documents import MIME_TYPE, pdf_of
from portal.payments.receipts import of_visit

bp = Blueprint("api_appointment_receipts", __name__, url_prefix="/appointments")
READ = (Permission.RECEIPT_VIEW, Permission.PAYMENT_OWN)


@bp.get("/<int:appointment_id>/receipt")
@endpoint("RFD-02", Answer[ReceiptShape], *READ)
def show(appointment_id: int) -> ReceiptShape:
    """Find the receipt of an appointment; NOT_FOUND before it is paid.

    `invoiceUrl` is its page, for whoever is signed in to the portal; `pdfUrl` the file, for the bearer of a token.
    """
    appointment, actor = seen(appointment_id)
    return receipt_shape(of_visit(db.session, appointment), appointment.id, actor)


@bp.get("/<int:appointment_id>/receipt.pdf")
@endpoint("RFD-02", File(MIME_TYPE, "receipt.pdf"), *READ)
def show_pdf(appointment_id: int) -> bytes:
    """Download the receipt of an appointment as a PDF. What staff read of a patient is audited."""
    appointment, _actor = seen(appointment_id)
    return pdf_of(paper_of_receipt(of_visit(db.session, appointment)))
