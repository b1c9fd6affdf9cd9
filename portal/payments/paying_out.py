"""Paying clinicians what they have earned, each time with a statement whose number has no gaps."""

from datetime import datetime

from sqlalchemy import exists, insert, literal, select
from sqlalchemy.orm import Session

from portal.core.money import Money
from portal.core.permissions import Actor
from portal.payments import ledger, policy, postings
from portal.payments.book_models import Document, LedgerEntry, Reason
from portal.payments.errors import OwedOtherwise
from portal.payments.payout_models import Payout, PayoutLine
from portal.payments.receipts import take_number, year_of


def pay_out(
    session: Session,
    clinician_id: int,
    *,
    currency: str,
    amount_minor: int | None = None,
    owed_minor: int | None = None,
    reference: str = "",
    by: Actor,
    at: datetime,
) -> Payout:
    """Write down that a clinician was paid, all that is owed unless an amount is named. Never commits.

    `owed_minor` is what whoever pays was shown; raises OwedOtherwise where it has changed since, so that of two at
    once one pays. Raises PayoutTooHigh for more than is owed, and where nothing is.
    """
    owed = ledger.lock_owed(session, clinician_id, currency)
    if owed_minor not in (None, owed.minor):
        raise OwedOtherwise
    money = owed if amount_minor is None else Money(amount_minor, currency)
    key = ledger.record_payout(session, clinician_id, money, at=at)
    practice = policy.current()
    payout = Payout(
        clinician_id=clinician_id,
        amount_minor=money.minor,
        currency=currency,
        year=year_of(at, practice.zone),
        number=take_number(session, Document.STATEMENT, at, practice.zone),
        reference=reference,
        transaction_key=key,
        made_by_id=by.account_id,
        made_by_name=by.full_name,
        made_at=at,
    )
    session.add(payout)
    session.flush()
    _list_lines(session, payout)
    return payout


def _list_lines(session: Session, payout: Payout) -> None:
    """Its statement lists whatever was earned and taken back and is on no statement yet."""
    is_listed = exists().where(PayoutLine.entry_id == LedgerEntry.id)
    lines = select(literal(payout.id), LedgerEntry.id).where(
        LedgerEntry.account == postings.clinician(payout.clinician_id),
        LedgerEntry.currency == payout.currency,
        LedgerEntry.reason != Reason.PAID_OUT,
        ~is_listed,
    )
    session.execute(insert(PayoutLine).from_select(["payout_id", "entry_id"], lines.order_by(LedgerEntry.id)))
