"""The words for how far a quotation has come, and the look that goes with them."""

from flask_babel import lazy_gettext as _

from portal.payments.quotation_models import QuotationStatus

STATUSES = {
    QuotationStatus.DRAFT: (_("Draft"), "plain"),
    QuotationStatus.SENT: (_("Sent"), "info"),
    QuotationStatus.ACCEPTED: (_("Accepted"), "success"),
    QuotationStatus.DECLINED: (_("Declined"), "danger"),
    QuotationStatus.EXPIRED: (_("No longer valid"), "warning"),
}


def quotation_status(status: QuotationStatus) -> tuple[str, str]:
    """The words and the look of a status."""
    words, look = STATUSES[status]
    return str(words), look
