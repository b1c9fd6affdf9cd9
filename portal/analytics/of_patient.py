"""A patient's own figures: what is next, what is to pay, and what there was so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, null, select, union_all
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.appointments.queries import BOOKED, Filters, When, listed, of_patients
from portal.core.money import Money
from portal.core.permissions import Actor
from portal.payments import postings, queries
from portal.payments.book_models import LedgerEntry, Reason
from portal.payments.models import Payment
from portal.payments.queries import Account, accounts_of

MOST_UPCOMING, MOST_PAYMENTS = 10, 5
OF_PAYING = (Reason.PAID, Reason.REFUNDED, Reason.REFUND_FAILED)


@dataclass(frozen=True)
class PatientFigures:
    """`upcoming` in order of time with their `accounts` by id, `payments` the newest first.

    `appointments` counts all that were booked and not cancelled; `spent` is what was paid for visits and
    subscriptions, refunds taken off, in each currency. Credits count when they pay a visit.
    """

    upcoming: Sequence[Appointment]
    accounts: Mapping[int, Account]
    payments: Sequence[Payment]
    appointments: int
    spent: Sequence[Money]

    @property
    def next(self) -> Appointment | None:
        return self.upcoming[0] if self.upcoming else None

    @property
    def to_pay(self) -> Sequence[Appointment]:
        """The coming visits with something left to pay."""
        return [one for one in self.upcoming if self.accounts[one.id].is_open]


def patient_figures(session: Session, actor: Actor, *, at: datetime) -> PatientFigures:
    """Of the actor and of those they look after: five queries, however much there is."""
    coming = listed(actor.as_patient(), Filters(when=When.UPCOMING), at).limit(MOST_UPCOMING)
    upcoming = session.scalars(coming).all()
    paid = queries.listed(actor.as_patient(), queries.Filters()).limit(MOST_PAYMENTS)
    count, spent = _totals(session, actor)
    return PatientFigures(
        upcoming, accounts_of(session, upcoming), session.scalars(paid).unique().all(), count, spent
    )


def _totals(session: Session, actor: Actor) -> tuple[int, list[Money]]:
    """Both in one statement: the line without a currency is the number of visits."""
    visits = select(null().label("currency"), func.count().label("amount")).where(
        of_patients(actor.patient_ids), BOOKED, Appointment.status != Status.CANCELLED
    )
    accounts = [postings.patient(patient_id) for patient_id in sorted(actor.patient_ids)]
    spent = (
        select(LedgerEntry.currency, (-func.sum(LedgerEntry.amount_minor)).label("amount"))
        .where(LedgerEntry.account.in_(accounts), LedgerEntry.reason.in_(OF_PAYING))
        .group_by(LedgerEntry.currency)
    )
    found: Sequence[Any] = session.execute(union_all(visits, spent)).all()
    lines: dict[str | None, int] = {line.currency: int(line.amount) for line in found}
    count = lines.pop(None, 0)
    return count, [Money(minor, currency) for currency, minor in lines.items() if minor and currency]
