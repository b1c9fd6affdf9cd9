"""The ledger: what is written into it, and the balances that are read from it.

Each record_... writes one act, in the transaction of the act itself. An act that is recorded twice breaks
`uq_ledger_entry_once` and is refused; what does not balance is refused here, and by the database at the commit.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.money import Money
from portal.payments import postings
from portal.payments.book_models import LedgerEntry, Reason
from portal.payments.errors import InsufficientCredits, PaymentNotPossible, PayoutTooHigh
from portal.payments.models import Method, Payment, Refund
from portal.payments.postings import CREDIT, Entry
from portal.payments.rules import Split, credits_returned
from portal.people.models import Clinician

SUM = func.sum(LedgerEntry.amount_minor)


def post(
    session: Session,
    *entries: Entry,
    reason: Reason,
    at: datetime,
    payment_id: int | None = None,
    refund_id: int | None = None,
    appointment_id: int | None = None,
) -> uuid.UUID:
    """Write one transaction; its key. Raises Unbalanced unless the entries sum to zero in each currency."""
    key = uuid.uuid4()
    session.add_all(
        LedgerEntry(
            transaction_key=key,
            account=entry.account,
            currency=entry.money.currency,
            amount_minor=entry.money.minor,
            reason=reason,
            payment_id=payment_id,
            refund_id=refund_id,
            appointment_id=appointment_id,
            created_at=at,
        )
        for entry in postings.merged(entries)
    )
    session.flush()
    return key


def balance(session: Session, account: str, currency: str) -> Money:
    """What the account has got, less what it gave."""
    of_account = LedgerEntry.account == account, LedgerEntry.currency == currency
    return Money(int(session.scalar(select(SUM).where(*of_account)) or 0), currency)


def balances(session: Session, accounts: Collection[str]) -> dict[tuple[str, str], int]:
    """Balances in minor units by account and currency, of those accounts that are not at zero."""
    return _by_account(session, _balances().where(LedgerEntry.account.in_(accounts)))


def balances_of_payment(session: Session, payment_id: int) -> dict[tuple[str, str], int]:
    """What each account got or gave through one payment, by account and currency."""
    return _by_account(session, _balances().where(LedgerEntry.payment_id == payment_id))


def owed_to(session: Session, clinician_id: int, currency: str) -> Money:
    """What a clinician has earned and was not paid out yet; below zero when more was taken back than was left."""
    return Money(-balance(session, postings.clinician(clinician_id), currency).minor, currency)


def lock_owed(session: Session, clinician_id: int, currency: str) -> Money:
    """What is owed to a clinician, which nobody else can pay out until the transaction ends."""
    session.execute(select(Clinician.id).where(Clinician.id == clinician_id).with_for_update(key_share=True))
    return owed_to(session, clinician_id, currency)


def unearned(session: Session, payment: Payment) -> int:
    """What the payer has given through a payment and nobody has earned yet, in minor units."""
    sums = balances_of_payment(session, payment.id)
    return -sums.get((postings.payer(payment), payment.currency), 0)


def credits_left(session: Session, account_id: int) -> int:
    return balance(session, postings.credits_of(account_id), CREDIT).minor


def check_credits(session: Session, account_id: int, wanted: int) -> None:
    """Raises InsufficientCredits. Until the transaction ends, nobody else can spend credits of this account."""
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    if credits_left(session, account_id) < wanted:
        raise InsufficientCredits


def record_paid(session: Session, payment: Payment, *, at: datetime) -> None:
    """A payment arrived, by whatever method; raises InsufficientCredits for credits that are not there."""
    if payment.method == Method.CREDITS:
        check_credits(session, payment.account_id or 0, payment.credits or 0)
    post(session, *postings.paid(payment), reason=Reason.PAID, at=at, payment_id=payment.id)


def record_refund(session: Session, refund: Refund, *, at: datetime) -> None:
    """A refund arrived. What the payer got back of money that was earned already is taken from those who earned it.

    Credits that were bought go with their money; where they were spent meanwhile, none can be spent until there are
    some again: call `check_credits` before money is sent back. Raises PaymentNotPossible for what was never paid.
    """
    payment = _locked(session, refund)
    sums = balances_of_payment(session, payment.id)
    if (postings.holder(payment), payment.currency) not in sums:
        raise PaymentNotPossible
    entries = postings.refunded(payment, refund.amount_minor, _credits_with(payment, refund, sums))
    about = {"payment_id": payment.id, "refund_id": refund.id}
    post(session, *entries, reason=Reason.REFUNDED, at=at, **about)
    payer = postings.payer(payment)
    excess = sums.get((payer, payment.currency), 0) + refund.amount_minor
    if excess > 0 and payer != postings.SOLD_CREDITS:
        owed = _owed_through(payment, sums)
        returned = postings.earning_returned(payment, owed, excess)
        post(session, *returned, reason=Reason.EARNING_RETURNED, at=at, **about)


def record_failed_refund(session: Session, refund: Refund, *, at: datetime) -> None:
    """A refund came back: what was written for it, if anything, is undone."""
    _locked(session, refund)
    of_refund = LedgerEntry.refund_id == refund.id, LedgerEntry.reason != Reason.REFUND_FAILED
    written = session.scalars(select(LedgerEntry).where(*of_refund)).all()
    entries = [Entry(line.account, Money(line.amount_minor, line.currency)) for line in written]
    post(
        session,
        *postings.reversed_(entries),
        reason=Reason.REFUND_FAILED,
        at=at,
        payment_id=refund.payment_id,
        refund_id=refund.id,
    )


def record_earned(
    session: Session,
    payment: Payment,
    split: Split,
    *,
    clinician_id: int | None,
    at: datetime,
    appointment_id: int | None = None,
) -> None:
    """The visit has been, or its price is kept. Raises PaymentNotPossible for more than the payer has given.

    `appointment_id` names the visit where the payment is not of that visit alone.
    """
    _lock_payment(session, payment.id)
    if split.minor > unearned(session, payment):
        raise PaymentNotPossible
    entries = postings.earned(payment, clinician_id, split)
    about = {"payment_id": payment.id, "appointment_id": appointment_id}
    post(session, *entries, reason=Reason.EARNED, at=at, **about)


def record_payout(session: Session, clinician_id: int, money: Money, *, at: datetime) -> uuid.UUID:
    """A clinician got money from the practice; the transaction's key. Raises PayoutTooHigh for more than is owed."""
    if not 0 < money.minor <= lock_owed(session, clinician_id, money.currency).minor:
        raise PayoutTooHigh
    return post(session, *postings.paid_out(clinician_id, money), reason=Reason.PAID_OUT, at=at)


def record_credits_given(
    session: Session, account_id: int, credit_count: int, *, worth: Money, at: datetime
) -> None:
    """The practice gives credits away; `worth` is what they would have cost."""
    entries = postings.credits_given(account_id, credit_count, worth)
    post(session, *entries, reason=Reason.CREDITS_GIVEN, at=at)


def _locked(session: Session, refund: Refund) -> Payment:
    """The payment of a refund, which nobody else can settle until the transaction ends."""
    _lock_payment(session, refund.payment_id)
    return session.get_one(Payment, refund.payment_id)


def _lock_payment(session: Session, payment_id: int) -> None:
    session.execute(select(Payment.id).where(Payment.id == payment_id).with_for_update(key_share=True))


def _credits_with(payment: Payment, refund: Refund, sums: dict[tuple[str, str], int]) -> int:
    """How many credits go with this refund, after what went with those before it."""
    if payment.credits is None:
        return 0
    moved = abs(sums.get((postings.credits_of(payment.account_id or 0), CREDIT), 0))
    back = payment.amount_minor - sums[postings.holder(payment), payment.currency] + refund.amount_minor
    in_all = credits_returned(payment.credits, paid_minor=payment.amount_minor, returned_minor=back)
    return max(0, in_all - (payment.credits - moved))


def _owed_through(payment: Payment, sums: dict[tuple[str, str], int]) -> dict[str, int]:
    """What each account has earned through this payment, less what was taken back."""
    others = {postings.holder(payment), postings.payer(payment)}
    return {
        account: -minor
        for (account, currency), minor in sums.items()
        if currency == payment.currency and account not in others and minor < 0
    }


def _balances() -> Select[str, str, int]:
    account, currency = LedgerEntry.account, LedgerEntry.currency
    return select(account, currency, SUM).group_by(account, currency).having(SUM != 0)


def _by_account(session: Session, found: Select[str, str, int]) -> dict[tuple[str, str], int]:
    return {(account, currency): int(minor) for account, currency, minor in session.execute(found)}
