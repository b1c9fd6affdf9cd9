"""Money when two records of one person are merged: what was written stays, and what is left is carried over."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.payments import ledger, postings
from portal.payments.book_models import LedgerEntry, Reason
from portal.people.events import PatientsMerged


def carry_over(session: Session, event: PatientsMerged) -> None:
    """Subscriber: carry the balances of the record that is gone over, payment by payment, and its account's credits."""
    _carry(session, postings.patient(event.gone_id), postings.patient(event.kept_id), event)
    if event.closed_account_id and event.kept_account_id:
        credits_of = postings.credits_of
        _carry(session, credits_of(event.closed_account_id), credits_of(event.kept_account_id), event)


def _carry(session: Session, gone: str, kept: str, event: PatientsMerged) -> None:
    """What a payment still owes or is owed is asked for by payment, so each is carried by itself."""
    left = (
        select(LedgerEntry.payment_id, LedgerEntry.currency, ledger.SUM)
        .where(LedgerEntry.account == gone)
        .group_by(LedgerEntry.payment_id, LedgerEntry.currency)
        .having(ledger.SUM != 0)
        .order_by(LedgerEntry.payment_id, LedgerEntry.currency)
    )
    for payment_id, currency, minor in session.execute(left):
        entries = postings.move(int(minor), currency, giver=gone, getter=kept)
        ledger.post(session, *entries, reason=Reason.MERGED, at=event.at, payment_id=payment_id)
