"""A quotation as a document, for staff and for whoever has its link."""

from portal.delivery import settings
from portal.delivery.papers import reader
from portal.payments.documents import Paper
from portal.payments.documents.quotation import quotation_paper
from portal.payments.quotation_models import Quotation


def paper_of(quotation: Quotation) -> Paper:
    """In the reader's language, under the practice's name."""
    practice = settings()
    address = filter(None, map(str.strip, practice.practice_address.splitlines()))
    return quotation_paper(quotation, reader(), issuer=(practice.portal_name, *address))
