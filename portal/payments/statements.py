"""Payouts that are read, and the statement of each: which visits earned what since the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, false, func, select, true
from sqlalchemy.orm import Session, aliased, joinedload

from portal.appointments.models import Appointment
from portal.core.errors import NotFound
from portal.core.pagination import DEFAULT_LIMIT, Page, paginate
from portal.core.permissions import Actor, Permission
from portal.payments import postings
from portal.payments.book_models import LedgerEntry
from portal.payments.earnings import IS_EARNING, VISIT
from portal.payments.models import Payment
from portal.payments.payout_models import Payout, PayoutLine
from portal.people.models import Clinician
from portal.scheduling.models import Service


@dataclass(frozen=True)
class Line:
    """Something that was earned, or taken back (below zero), at an instant; of which visit, if of one.

    `share_minor` is the clinician's. `taxes_minor` and `practice_minor` are the other parts of the same money.
    """

    at: datetime
    reason: str
    appointment_id: int | None
    starts_at: datetime | None
    time_zone: str | None
    service: str | None
    share_minor: int
    taxes_minor: int
    practice_minor: int

    @property
    def minor(self) -> int:
        """All of the money of which this is a share."""
        return self.share_minor + self.taxes_minor + self.practice_minor


@dataclass(frozen=True)
class Statement:
    """A payout, what was still owed from the statement before it, and the lines since then."""

    payout: Payout
    brought_forward_minor: int
    lines: Sequence[Line]

    @property
    def earned_minor(self) -> int:
        return sum(line.share_minor for line in self.lines)

    @property
    def left_minor(self) -> int:
        """What was still owed afterwards."""
        return self.brought_forward_minor + self.earned_minor - self.payout.amount_minor


@dataclass(frozen=True)
class Filters:
    """Which payouts: of whom, and made from one instant until before another."""

    clinician_id: int | None = None
    made_from: datetime | None = None
    made_before: datetime | None = None


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """One's own, or all of them for who may see earnings."""
    if actor.may(Permission.EARNINGS_VIEW):
        return true()
    return Payout.clinician_id == actor.clinician_id if actor.clinician_id is not None else false()


def get_visible(session: Session, actor: Actor, payout_id: int) -> Payout:
    """A payout with its clinician; raises NotFound."""
    found = session.scalar(_with_clinician().where(Payout.id == payout_id, visible_to(actor)))
    if found is None:
        raise NotFound
    return found


def listed(actor: Actor, filters: Filters) -> Select[Payout]:
    """The statement behind every list of payouts: those that the actor may see, the newest first."""
    found = _with_clinician().where(visible_to(actor))
    if filters.clinician_id is not None:
        found = found.where(Payout.clinician_id == filters.clinician_id)
    if filters.made_from is not None:
        found = found.where(Payout.made_at >= filters.made_from)
    if filters.made_before is not None:
        found = found.where(Payout.made_at < filters.made_before)
    return found.order_by(Payout.made_at.desc(), Payout.id.desc())


def search(
    session: Session, actor: Actor, filters: Filters, page: int = 1, limit: int = DEFAULT_LIMIT
) -> Page[Payout]:
    """A page of it."""
    return paginate(session, listed(actor, filters), page, limit)


def statement_of(session: Session, payout: Payout) -> Statement:
    """What the statement says; the same at any time, for its lines were fixed with the payout."""
    is_mine = exists().where(PayoutLine.entry_id == LedgerEntry.id, PayoutLine.payout_id == payout.id)
    lines = lines_of(session, payout.clinician_id, payout.currency, is_mine)
    return Statement(payout, _brought_forward(session, payout), lines)


def lines_of(
    session: Session, clinician_id: int, currency: str, *which: ColumnElement[bool]
) -> Sequence[Line]:
    """What a clinician earned and gave back in a currency, in the order of the books; `which` narrows it down."""
    found = (
        select(
            LedgerEntry.created_at,
            LedgerEntry.reason,
            Appointment.id,
            Appointment.starts_at,
            Appointment.time_zone,
            Service.title,
            -LedgerEntry.amount_minor,
            _part(postings.TAX).label("taxes"),
            _part(postings.PLATFORM).label("practice"),
        )
        .outerjoin(Payment, Payment.id == LedgerEntry.payment_id)
        .outerjoin(Appointment, Appointment.id == VISIT)
        .outerjoin(Service, Service.id == Appointment.service_id)
        .where(LedgerEntry.account == postings.clinician(clinician_id), LedgerEntry.currency == currency)
        .where(IS_EARNING, *which)
        .order_by(LedgerEntry.created_at, LedgerEntry.id)
    )
    return [Line(*row[:-2], int(row.taxes), int(row.practice)) for row in session.execute(found)]


def _part(account: str) -> ColumnElement[int]:
    """What another account was owed by the same transaction; 0 for what is of no visit, and so of several people."""
    other = aliased(LedgerEntry)
    same = other.transaction_key == LedgerEntry.transaction_key, other.currency == LedgerEntry.currency
    owed = select(-func.sum(other.amount_minor)).where(*same, other.account == account, VISIT.is_not(None))
    return func.coalesce(owed.correlate(LedgerEntry, Payment).scalar_subquery(), 0)


def _brought_forward(session: Session, payout: Payout) -> int:
    is_earlier = (
        Payout.clinician_id == payout.clinician_id,
        Payout.currency == payout.currency,
        Payout.id < payout.id,
    )
    paid = select(func.coalesce(func.sum(Payout.amount_minor), 0)).where(*is_earlier)
    earned = (
        select(func.coalesce(-func.sum(LedgerEntry.amount_minor), 0))
        .join(PayoutLine, PayoutLine.entry_id == LedgerEntry.id)
        .join(Payout, Payout.id == PayoutLine.payout_id)
        .where(*is_earlier)
    )
    return int(session.scalar(earned) or 0) - int(session.scalar(paid) or 0)


def _with_clinician() -> Select[Payout]:
    return select(Payout).options(joinedload(Payout.clinician).joinedload(Clinician.account))
