"""How the practice stands with its clinicians: who earned what in a period, and who is owed what now."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Subquery, case, false, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.pagination import DEFAULT_LIMIT, Page
from portal.payments import policy
from portal.payments.book_models import LedgerEntry
from portal.payments.earnings import IS_EARNING
from portal.payments.periods import Period
from portal.people.models import Clinician


@dataclass(frozen=True)
class Standing:
    """A clinician in one currency, in minor units: earned in the period, owed now."""

    clinician: Clinician
    currency: str
    earned_minor: int
    owed_minor: int


@dataclass(frozen=True)
class Total:
    """Of all clinicians in one currency."""

    currency: str
    earned_minor: int
    owed_minor: int


def standings(
    session: Session,
    period: Period | None = None,
    *,
    only_owed: bool = False,
    page: int = 1,
    limit: int = DEFAULT_LIMIT,
) -> Page[Standing]:
    """Everybody who ever earned something, by name; `only_owed`: with whom the practice is not quits.

    Days are those of the practice's calendar.
    """
    found = _found(period, only_owed=only_owed)
    total = session.scalar(select(func.count()).select_from(found.order_by(None).subquery())) or 0
    items = _standings(session, found.offset((page - 1) * limit).limit(limit))
    return Page(items, page, limit, total)


def all_standings(
    session: Session, period: Period | None = None, *, only_owed: bool = False
) -> Sequence[Standing]:
    """The same without pages, for a file."""
    return _standings(session, _found(period, only_owed=only_owed))


def totals(session: Session, period: Period | None = None) -> Sequence[Total]:
    """The same of all of them together, by currency."""
    sums = _sums(period)
    found = select(sums.c.currency, func.sum(sums.c.earned), func.sum(sums.c.owed)).group_by(sums.c.currency)
    return [
        Total(currency, int(earned), int(owed))
        for currency, earned, owed in session.execute(found.order_by(sums.c.currency))
    ]


def _found(period: Period | None, *, only_owed: bool) -> Select[Clinician, str, int, int]:
    sums = _sums(period)
    return (
        select(Clinician, sums.c.currency, sums.c.earned, sums.c.owed)
        .join(sums, sums.c.account == func.concat("clinician:", Clinician.id))
        .join(Account, Account.id == Clinician.account_id)
        .where(sums.c.owed != 0 if only_owed else sums.c.owed.is_not(None))
        .order_by(func.lower(Account.full_name), Clinician.id, sums.c.currency)
    )


def _standings(session: Session, found: Select[Clinician, str, int, int]) -> Sequence[Standing]:
    return [
        Standing(who, currency, int(earned), int(owed))
        for who, currency, earned, owed in session.execute(found)
    ]


def _sums(period: Period | None) -> Subquery:
    """By account of a clinician and currency."""
    minor = -LedgerEntry.amount_minor
    earned = func.sum(case((IS_EARNING & _within(period), minor), else_=0))
    account, currency = LedgerEntry.account, LedgerEntry.currency
    return (
        select(account, currency, earned.label("earned"), func.sum(minor).label("owed"))
        .where(account.like("clinician:%"))
        .group_by(account, currency)
        .subquery()
    )


def _within(period: Period | None) -> ColumnElement[bool]:
    if period is None:
        return false()
    begins, ends = period.bounds(policy.current().zone)
    return (LedgerEntry.created_at >= begins) & (LedgerEntry.created_at < ends)
