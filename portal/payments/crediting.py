"""Credits: what an account has, how it came by them, and what it does with them. The ledger is what counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.events import AccountSignedUp, PatientSignedUp
from portal.appointments.models import Appointment
from portal.core.errors import Invalid, _
from portal.core.events import publish
from portal.core.money import Money
from portal.core.pagination import Page, paginate
from portal.core.permissions import Actor
from portal.payments import ledger, policy, postings, receipts
from portal.payments.book_models import LedgerEntry, Reason
from portal.payments.errors import CreditsNotSold, CreditsNotTaken
from portal.payments.events import PaymentReceived
from portal.payments.models import Method, Payment, PaymentStatus, Purpose
from portal.payments.own_visits import has_usual_price, take_unpaid
from portal.payments.practice import Practice
from portal.payments.purchasing import order
from portal.payments.starting import facts_of

MOST_AT_ONCE = 100


class Kind(StrEnum):
    """How credits came or went; ADJUSTED corrects what was written before."""

    INITIAL = "INITIAL"
    PURCHASED = "PURCHASED"
    SPENT = "SPENT"
    REFUNDED = "REFUNDED"
    ADJUSTED = "ADJUSTED"


COMES, GOES = LedgerEntry.amount_minor > 0, LedgerEntry.amount_minor < 0
MEANS: dict[Kind, ColumnElement[bool]] = {
    Kind.INITIAL: LedgerEntry.reason == Reason.CREDITS_GIVEN,
    Kind.PURCHASED: (LedgerEntry.reason == Reason.PAID) & COMES,
    Kind.SPENT: (LedgerEntry.reason == Reason.PAID) & GOES,
    Kind.REFUNDED: (LedgerEntry.reason == Reason.REFUNDED) & COMES,
    Kind.ADJUSTED: (LedgerEntry.reason == Reason.REFUND_FAILED)
    | ((LedgerEntry.reason == Reason.REFUNDED) & GOES)
    | (LedgerEntry.reason == Reason.MERGED),
}


@dataclass(frozen=True)
class Balance:
    """`changed_at` is when it last changed, None for never."""

    count: int
    changed_at: datetime | None


@dataclass(frozen=True)
class Transaction:
    """One line: `count` credits that came, or went below zero; the visit that they were about, if any."""

    id: int
    kind: Kind
    count: int
    at: datetime
    visit: Appointment | None


def check_sold() -> None:
    """Raises CreditsNotSold where the practice sells none."""
    if not is_sold():
        raise CreditsNotSold


def is_sold() -> bool:
    return policy.current().credit_price_minor > 0


def price(count: int) -> Money:
    """What so many credits cost, and are worth."""
    practice = policy.current()
    return Money(practice.credit_price_minor * count, practice.currency)


def are_taken_for(session: Session, visit: Appointment) -> bool:
    """Can that visit be paid with credits? They are sold in one currency."""
    return is_sold() and visit.currency == policy.current().currency and has_usual_price(session, visit)


def balance(session: Session, account_id: int) -> Balance:
    changed_at = select(func.max(LedgerEntry.created_at)).where(_of(account_id))
    return Balance(ledger.credits_left(session, account_id), session.scalar(changed_at))


def transactions(
    session: Session, account_id: int, *, kind: Kind | None = None, page: int = 1, limit: int = 20
) -> Page[Transaction]:
    """How an account came to its balance, the newest first."""
    statement = select(LedgerEntry).where(_of(account_id)).order_by(LedgerEntry.id.desc())
    if kind is not None:
        statement = statement.where(MEANS[kind])
    found = paginate(session, statement, page, limit)
    visits = _visits(session, found.items)
    lines = [_transaction(entry, visits) for entry in found.items]
    return Page(lines, found.page, found.limit, found.total)


def give_first(session: Session, event: PatientSignedUp | AccountSignedUp) -> None:
    """Subscriber: whoever signs up while credits are sold begins with some; each account once."""
    count = policy.current().credits_at_start
    if is_sold() and count:
        ledger.record_credits_given(session, event.account_id, count, worth=price(count), at=event.at)


def open_order(
    session: Session,
    count: int,
    *,
    practice: Practice,
    by: Actor,
    at: datetime,
    amount_minor: int | None = None,
    by_script: bool = False,
) -> Payment:
    """The payment for so many credits, the same while it is open; `begin` then asks its provider. Never commits.

    The credits come when it is paid. `amount_minor` only says what the payer was shown. Raises CreditsNotSold, Invalid.
    """
    check_sold()
    if not 0 < count <= MOST_AT_ONCE:
        raise Invalid(details={"credits": _("Choose between 1 and 100 credits.")})
    money = price(count)
    if amount_minor not in (None, money.minor):
        raise Invalid(details={"amount": _("The price has changed. Please check it.")})
    what = {"purpose": Purpose.CREDITS, "credits": count}
    return order(session, what, money, practice=practice, by=by, at=at, by_script=by_script)


def pay(
    session: Session, appointment: Appointment, *, by: Actor, at: datetime, count: int | None = None
) -> Payment:
    """The patient pays a held or booked visit with the credits that its clinician asks for. Never commits.

    `count` only says what the patient was shown. What comes back on cancelling are the same credits. Raises
    CreditsNotSold, CreditsNotTaken, InsufficientCredits, Invalid (another count), and what `take_unpaid` raises.
    """
    check_sold()
    visit = take_unpaid(session, appointment, by=by, at=at)
    if not are_taken_for(session, visit):
        raise CreditsNotTaken
    wanted = visit.clinician.credit_fee
    if count not in (None, wanted):
        raise Invalid(details={"amount": _("The price has changed. Please check it.")})
    payment = Payment(**{**facts_of(visit, by, at), **_spent(wanted, by, at)})
    session.add(payment)
    session.flush()
    ledger.record_paid(session, payment, at=at)
    publish(session, PaymentReceived(payment.id, at))
    # Everybody waits for a number, so it comes last.
    receipts.issue_for(session, payment, at=at, zone=policy.current().zone)
    return payment


def _spent(count: int, by: Actor, at: datetime) -> dict[str, object]:
    """How paying with credits differs from paying the fee: it is worth what they cost."""
    return {
        "method": Method.CREDITS,
        "credits": count,
        "account_id": by.account_id,
        "amount_minor": price(count).minor,
        "status": PaymentStatus.PAID,
        "paid_at": at,
    }


def _of(account_id: int) -> ColumnElement[bool]:
    is_counted = LedgerEntry.currency == postings.CREDIT
    return (LedgerEntry.account == postings.credits_of(account_id)) & is_counted


def _visits(session: Session, entries: Sequence[LedgerEntry]) -> dict[int, Appointment | None]:
    """The visits that these lines were about, by payment."""
    ids = {entry.payment_id for entry in entries if entry.payment_id is not None}
    with_visit = joinedload(Payment.appointment).options(
        joinedload(Appointment.clinician), joinedload(Appointment.service)
    )
    payments = session.scalars(select(Payment).where(Payment.id.in_(ids)).options(with_visit)) if ids else ()
    return {payment.id: payment.appointment for payment in payments}


def _transaction(entry: LedgerEntry, visits: dict[int, Appointment | None]) -> Transaction:
    return Transaction(
        entry.id, _kind(entry), entry.amount_minor, entry.created_at, visits.get(entry.payment_id or 0)
    )


def _kind(entry: LedgerEntry) -> Kind:
    comes = entry.amount_minor > 0
    if entry.reason == Reason.CREDITS_GIVEN:
        return Kind.INITIAL
    if entry.reason == Reason.PAID:
        return Kind.PURCHASED if comes else Kind.SPENT
    return Kind.REFUNDED if comes and entry.reason == Reason.REFUNDED else Kind.ADJUSTED
