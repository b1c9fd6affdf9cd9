"""What goes back when an appointment is cancelled: one answer, for the page that asks and the refund that follows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal.appointments import commands as appointments
from portal.appointments.models import Appointment, Party
from portal.appointments.rules import CancellationOutcome, party_of
from portal.core.permissions import Actor
from portal.payments import policy, rules
from portal.payments.gateways import RefundState
from portal.payments.models import Payment, Refund
from portal.settings import LateCancellation


@dataclass(frozen=True)
class Share:
    """What of one payment goes back; `held_minor` is all that the practice has of it."""

    payment: Payment
    held_minor: int
    back_minor: int


@dataclass(frozen=True)
class Due:
    """What a cancellation gives back of what was paid, and what the practice keeps, in minor units of `currency`."""

    shares: tuple[Share, ...]
    currency: str

    @property
    def held_minor(self) -> int:
        return sum(share.held_minor for share in self.shares)

    @property
    def back_minor(self) -> int:
        return sum(share.back_minor for share in self.shares)

    @property
    def kept_minor(self) -> int:
        return self.held_minor - self.back_minor


def if_cancelled(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> Due:
    """What cancelling would give back, to be shown before it is done; changes nothing.

    Where a patient can only ask to cancel late, staff decide: ask on their behalf, not the patient's.
    """
    theirs = select(Payment).where(Payment.appointment_id == appointment.id, Payment.paid_at.is_not(None))
    payments = (
        session.scalars(theirs.options(joinedload(Payment.refunds)).order_by(Payment.id)).unique().all()
    )
    outcome = outcome_of(session, appointment, by=by, at=at) if payments else CancellationOutcome.FREE
    return due(appointment, payments, outcome, by=party_of(by))


def outcome_of(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> CancellationOutcome:
    """What a patient can cancel late, staff have no say in: it is a late cancellation."""
    late = LateCancellation.NO_REFUND
    return appointments.terms_for(session, appointment, by=by, at=at, late=late).outcome


def due(
    appointment: Appointment, payments: Collection[Payment], outcome: CancellationOutcome, *, by: Party
) -> Due:
    """What goes back of payments that were received, in their order."""
    return Due(tuple(_share(payment, outcome, by) for payment in payments), appointment.currency)


def given_back(session: Session, appointment: Appointment) -> Due:
    """What its cancellation did send back, by the refunds that it made."""
    made = (
        select(Refund).join(Refund.payment).options(joinedload(Refund.payment).selectinload(Payment.refunds))
    )
    of_cancelling = (
        Payment.appointment_id == appointment.id,
        Refund.created_at == appointment.cancelled_at,
        Refund.status != RefundState.FAILED,
    )
    refunds = session.scalars(made.where(*of_cancelling).order_by(Refund.id))
    shares = (
        Share(one.payment, rules.paid_of(one.payment).left_minor + one.amount_minor, one.amount_minor)
        for one in refunds
    )
    return Due(tuple(shares), appointment.currency)


def _share(payment: Payment, outcome: CancellationOutcome, by: Party) -> Share:
    paid = rules.paid_of(payment)
    kept = policy.current().late_fee_minor(payment.amount_minor)
    back = rules.refund_on_cancelling(outcome, by=by, paid=paid, kept_minor=kept)
    return Share(payment, paid.left_minor, back)
