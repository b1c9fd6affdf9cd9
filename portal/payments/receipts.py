"""Numbers of documents, without gaps, and the receipts that carry them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.core import clock
from portal.payments.book_models import Document, DocumentNumber, Receipt
from portal.payments.errors import PaymentNotPossible
from portal.payments.models import Payment
from portal.payments.rules import TaxLine


def take_number(session: Session, kind: Document, at: datetime, zone: ZoneInfo) -> int:
    """The next number of that kind in the year of that instant in the practice's zone, from 1.

    The row of the year stays locked until the transaction ends, so that a number that is rolled back is taken by
    the next: call it last, for everybody who wants a number waits.
    """
    first = insert(DocumentNumber).values(kind=kind, year=year_of(at, zone), last=1)
    taken = first.on_conflict_do_update(
        index_elements=["kind", "year"], set_={"last": DocumentNumber.last + 1}
    ).returning(DocumentNumber.last)
    return session.scalars(taken).one()


def year_of(at: datetime, zone: ZoneInfo) -> int:
    """The year on the practice's wall calendar, whose numbers a document of that instant gets."""
    return clock.local_day(at, zone).year


def issue(
    session: Session,
    payment: Payment,
    *,
    issued_to: str,
    description: str,
    tax_lines: Sequence[TaxLine] = (),
    at: datetime,
    zone: ZoneInfo,
) -> Receipt:
    """The receipt of a payment, made once. Raises PaymentNotPossible before it is paid."""
    paid_at = select(Payment.paid_at).where(Payment.id == payment.id).with_for_update(key_share=True)
    if session.scalar(paid_at) is None:
        raise PaymentNotPossible
    made = session.scalar(select(Receipt).where(Receipt.payment_id == payment.id))
    if made is not None:
        return made
    receipt = Receipt(
        payment_id=payment.id,
        year=year_of(at, zone),
        number=take_number(session, Document.RECEIPT, at, zone),
        issued_to=issued_to,
        description=description,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        tax_lines=[asdict(line) for line in tax_lines],
        issued_at=at,
    )
    session.add(receipt)
    session.flush()
    return receipt
