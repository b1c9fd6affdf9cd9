"""The receipt of what a patient paid, to read, to print, and as a file for an insurer."""

from flask import Response, g, url_for
from flask_babel import gettext

from portal.bootstrap import db
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.papers import paper_of_receipt
from portal.payments.documents import Paper
from portal.payments.receipts import get_visible
from portal.web.papers import pdf_file
from portal.web.patient import bp
from portal.web.rendering import page


@bp.get("/payments/<int:payment_id>/receipt")
@requires(Permission.PAYMENT_OWN)
def receipt(payment_id: int) -> Response:
    return page(
        "receipts/show.html",
        paper=_paper(payment_id),
        back=(gettext("Payment"), url_for("patient.payment", payment_id=payment_id)),
        pdf=url_for("patient.receipt_pdf", payment_id=payment_id),
    )


@bp.get("/payments/<int:payment_id>/receipt.pdf")
@requires(Permission.PAYMENT_OWN)
def receipt_pdf(payment_id: int) -> Response:
    return pdf_file(_paper(payment_id))


def _paper(payment_id: int) -> Paper:
    return paper_of_receipt(get_visible(db.session, g.actor, payment_id))
