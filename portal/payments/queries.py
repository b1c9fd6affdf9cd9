"""Payments that are read: who sees which, and how an appointment stands with its money."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.appointments.models import Appointment, Status
from portal.core.codes import Code
from portal.core.errors import Forbidden, NotFound
from portal.core.money import Money
from portal.core.pagination import Page, paginate
from portal.core.permissions import Actor, Permission, Role
from portal.payments.gateways import Provider
from portal.payments.models import Method, Payment, PaymentStatus, Purpose
from portal.payments.rules import paid_of
from portal.payments.subscription_models import CoveredVisit


class Standing(Code):
    """How an appointment stands with its money.

    FREE costs nothing, or nothing any more: it was cancelled unpaid. COVERED is paid for by a subscription.
    """

    FREE = "FREE"
    UNPAID = "UNPAID"
    PENDING = "PENDING"
    PAID = "PAID"
    REFUND_PENDING = "REFUND_PENDING"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    COVERED = "COVERED"


class Priced(Protocol):
    """A visit with what it costs, in minor units."""

    @property
    def status(self) -> str: ...
    @property
    def fee_minor(self) -> int: ...


# Of several payments of one visit the one that says most stands for it.
FIRST = (
    PaymentStatus.PAID,
    PaymentStatus.PARTIALLY_REFUNDED,
    PaymentStatus.REFUND_PENDING,
    PaymentStatus.REFUNDED,
    PaymentStatus.PENDING,
)


@dataclass(frozen=True)
class Account:
    """What is to be paid for an appointment, what was, and every attempt at it, the newest first."""

    standing: Standing
    fee: Money
    paid_minor: int
    payments: tuple[Payment, ...] = ()

    @property
    def is_open(self) -> bool:
        """Is there something left to pay?"""
        return self.standing in {Standing.UNPAID, Standing.PENDING, Standing.REFUNDED}

    @property
    def waiting(self) -> tuple[Payment, ...]:
        """Those that may be paid any moment."""
        return tuple(payment for payment in self.payments if payment.status == PaymentStatus.PENDING)

    @property
    def link(self) -> Payment | None:
        """The payment link that is live, though its time may be over."""
        return next((payment for payment in self.waiting if payment.is_link), None)

    @property
    def settled(self) -> Payment | None:
        """The payment that was received, whatever went back of it."""
        return next((payment for payment in self.payments if payment.paid_at is not None), None)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Which payments exist for this actor: one's own, those of a clinician's visits, those of a centre's staff."""
    own = or_(
        Payment.patient_id.in_(sorted(actor.patient_ids)) if actor.patient_ids else false(),
        Payment.account_id == actor.account_id if actor.account_id is not None else false(),
    )
    if actor.role is Role.CLINICIAN:
        visits = select(Appointment.id).where(Appointment.clinician_id == actor.clinician_id)
        return or_(own, Payment.appointment_id.in_(visits))
    if actor.role is Role.PATIENT or not actor.may(Permission.PAYMENT_VIEW):
        return own
    if actor.role is not None and actor.role.is_bound_to_centre:
        return or_(Payment.centre_id.in_(actor.centre_ids), own)
    return true()


def get_visible(session: Session, actor: Actor, payment_id: int) -> Payment:
    """The payment with its visit and refunds; raises NotFound, or Forbidden for staff of another centre."""
    wanted = select(Payment).where(Payment.id == payment_id)
    found = session.scalar(wanted.where(visible_to(actor)).options(*WITH_VISIT))
    if found is not None:
        return found
    if actor.role is not None and actor.role.is_bound_to_centre and session.scalar(wanted):
        raise Forbidden
    raise NotFound


def get_by_key(session: Session, key: uuid.UUID) -> Payment:
    """The payment of an address that nobody can guess, with its visit and refunds; raises NotFound."""
    found = session.scalar(select(Payment).where(Payment.key == key).options(*WITH_VISIT))
    if found is None:
        raise NotFound
    return found


WITH_VISIT = (
    joinedload(Payment.appointment).joinedload(Appointment.clinician),
    joinedload(Payment.appointment).joinedload(Appointment.patient),
    joinedload(Payment.appointment).joinedload(Appointment.service),
    joinedload(Payment.patient),
    joinedload(Payment.account),
    joinedload(Payment.centre),
    joinedload(Payment.taken_by),
    selectinload(Payment.refunds),
)


@dataclass(frozen=True)
class Filters:
    """What a list of payments may be narrowed to; instants are half-open [paid_from, paid_before).

    They are those of its payment or, before that, of its beginning. `reference` is the number of a payment or its
    provider's id of it.
    """

    status: PaymentStatus | None = None
    purpose: Purpose | None = None
    method: Method | None = None
    provider: Provider | None = None
    appointment_id: int | None = None
    patient_id: int | None = None
    paid_from: datetime | None = None
    paid_before: datetime | None = None
    reference: str = ""


def listed(actor: Actor, filters: Filters) -> Select[Payment]:
    """The statement behind every list of payments, the newest first: what the actor may see, narrowed."""
    statement = select(Payment).options(*WITH_VISIT).where(visible_to(actor))
    for condition in _conditions(filters):
        statement = statement.where(condition)
    return statement.order_by(Payment.id.desc())


def search(
    session: Session, actor: Actor, filters: Filters, *, page: int = 1, limit: int = 20
) -> Page[Payment]:
    """A page of the payments that the actor may see."""
    return paginate(session, listed(actor, filters), page, limit)


def _conditions(filters: Filters) -> Iterator[ColumnElement[bool]]:
    for name in ("status", "purpose", "method", "provider", "appointment_id", "patient_id"):
        wanted = getattr(filters, name)
        if wanted is not None:
            yield getattr(Payment, name) == wanted
    if filters.paid_from is not None:
        yield filters.paid_from <= HAPPENED_AT
    if filters.paid_before is not None:
        yield filters.paid_before > HAPPENED_AT
    if filters.reference:
        is_number = (
            filters.reference.isascii() and filters.reference.isdecimal() and len(filters.reference) < 16
        )
        numbered = Payment.id == int(filters.reference) if is_number else false()
        yield or_(numbered, Payment.transaction_id == filters.reference)


HAPPENED_AT = func.coalesce(Payment.paid_at, Payment.created_at)


def account_of(session: Session, appointment: Appointment) -> Account:
    """How one appointment stands with its money."""
    return accounts_of(session, [appointment])[appointment.id]


def accounts_of(session: Session, appointments: Collection[Appointment]) -> dict[int, Account]:
    """The same of many, in one query: each with its payments, and whether a subscription covers it."""
    payments: dict[int, list[Payment]] = {appointment.id: [] for appointment in appointments}
    covered: set[int] = set()
    found = session.execute(_of_appointments(payments)).unique() if payments else ()
    for appointment_id, payment, covered_id in found:
        if payment is not None:
            payments[appointment_id].append(payment)
        if covered_id is not None:
            covered.add(appointment_id)
    return {
        appointment.id: _account(appointment, payments[appointment.id], is_covered=appointment.id in covered)
        for appointment in appointments
    }


def _of_appointments(ids: Collection[int]) -> Select[int, Payment | None, int | None]:
    return (
        select(Appointment.id, Payment, CoveredVisit.id)
        .outerjoin(Payment, Payment.appointment_id == Appointment.id)
        .outerjoin(CoveredVisit, (CoveredVisit.appointment_id == Appointment.id) & COVERS)
        .where(Appointment.id.in_(ids))
        .options(joinedload(Payment.refunds))
        .order_by(Payment.id.desc())
    )


def with_standing(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The same appointments, each with what `standing_beside` makes its answer of: no query more."""
    theirs = select(func.string_agg(Payment.status, " ")).where(Payment.appointment_id == Appointment.id)
    covering = select(CoveredVisit.id).where(CoveredVisit.appointment_id == Appointment.id, COVERS)
    return statement.add_columns(theirs.correlate(Appointment).scalar_subquery(), covering.exists())


def standing_beside(appointment: Priced, statuses: str | None, *, is_covered: bool) -> Standing:
    """From a row of that statement: the statuses of all payments, with spaces between them."""
    return _standing(appointment, statuses.split() if statuses else (), is_covered=is_covered)


def is_covered(session: Session, appointment_id: int) -> bool:
    """Does a subscription pay for that visit?"""
    found = select(CoveredVisit.id).where(CoveredVisit.appointment_id == appointment_id, COVERS)
    return session.scalar(found) is not None


COVERS = CoveredVisit.returned_at.is_(None)


def _account(appointment: Appointment, payments: Sequence[Payment], *, is_covered: bool) -> Account:
    paid = sum(paid_of(payment).left_minor for payment in payments)
    fee = Money(appointment.fee_minor, appointment.currency)
    standing = _standing(appointment, [one.status for one in payments], is_covered=is_covered)
    return Account(standing, fee, paid, tuple(payments))


def _standing(appointment: Priced, statuses: Collection[str], *, is_covered: bool) -> Standing:
    """By the statuses of its payments; where none says anything, by what it costs."""
    if is_covered:
        return Standing.COVERED
    for status in FIRST:
        if status in statuses:
            return Standing(status)
    is_owed = appointment.fee_minor > 0 and appointment.status != Status.CANCELLED
    return Standing.UNPAID if is_owed else Standing.FREE
