"""Documents as both doors hand them out: in the reader's language, on the practice's days."""

from babel import Locale
from flask import g
from flask_babel import get_locale, gettext

from portal.audit.commands import record_view
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.payments import policy
from portal.payments.book_models import Receipt
from portal.payments.documents import Paper
from portal.payments.documents.receipt import receipt_paper
from portal.payments.documents.statement import statement_paper
from portal.payments.documents.wording import Reader
from portal.payments.payout_models import Payout
from portal.payments.statements import statement_of

BRITISH = Locale("en", "GB")


def reader() -> Reader:
    """Whoever asks; English without a country is British, as on every page."""
    chosen = get_locale() or BRITISH
    is_plain = chosen.language == BRITISH.language and not chosen.territory
    return Reader(BRITISH if is_plain else chosen, gettext)


def paper_of_receipt(receipt: Receipt) -> Paper:
    """The document; that staff look at it is audited, in a transaction of its own."""
    if receipt.payment.patient_id not in g.actor.patient_ids:
        in_transaction(db.session, lambda: _audit(receipt))
    return receipt_paper(receipt, reader(), policy.current().zone)


def paper_of_statement(payout: Payout) -> Paper:
    """The statement of a payout; it names no patient."""
    return statement_paper(statement_of(db.session, payout), policy.current(), reader())


def _audit(receipt: Receipt) -> None:
    patient_id = receipt.payment.patient_id
    record_view(db.session, "receipt", receipt.id, by=g.actor, patient_id=patient_id, at=clock.now())
