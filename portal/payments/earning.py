"""What was paid is earned: when the visit has been, when a part of its price is kept, when it is paid afterwards.

Being told again changes nothing: only what the payer has given and nobody has earned can be earned.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.appointments.events import AppointmentCancelled, AppointmentCompleted, AppointmentMissed
from portal.appointments.models import Appointment, Status
from portal.core.errors import _
from portal.core.permissions import SYSTEM
from portal.payments import ledger, missing, policy, refunding, rules
from portal.payments.events import PaymentReceived
from portal.payments.locking import locked_payment, of_appointment
from portal.payments.models import Payment

MISSED = _("The patient did not come; this is what exceeds the fee for that.")
WHOLE_PERCENT = rules.WHOLE // 100


def earn_visit(session: Session, event: AppointmentCompleted | AppointmentCancelled) -> None:
    """What is left of the money for a visit that took place, or that was cancelled too late, is earned.

    What goes back has been queued before.
    """
    visit = session.get_one(Appointment, event.appointment_id)
    for payment in _paid_for(session, visit):
        _earn_kept(session, payment, visit, event.at)


def settle_missed(session: Session, event: AppointmentMissed) -> None:
    """The fee for not coming is earned, and the rest goes back."""
    visit = session.get_one(Appointment, event.appointment_id)
    for payment in _paid_for(session, visit):
        _settle_missed(session, payment, visit, event.at)


def earn_paid_late(session: Session, event: PaymentReceived) -> None:
    """What arrives after the visit is earned at once, unless the visit was paid already: then it all goes back."""
    payment = session.get_one(Payment, event.payment_id)
    visit = payment.appointment
    if visit is None or visit.status not in {Status.COMPLETED, Status.NO_SHOW}:
        return
    mine, others = payment.id, _paid_for(session, visit)
    if any(rules.paid_of(other).left_minor for other in others if other.id != mine):
        return
    settle = _earn_kept if visit.status == Status.COMPLETED else _settle_missed
    settle(session, payment, visit, event.at)


def earn_covered(
    session: Session, subscription_payment: Payment, visit: Appointment, *, worth_minor: int, at: datetime
) -> None:
    """A visit that a subscription covers has been: so much of what was paid for the subscription is earned with it.

    Never more than is left of that payment.
    """
    payment = locked_payment(session, subscription_payment.id)
    _earn(session, payment, visit, min(worth_minor, _kept(session, payment)), at)


def _paid_for(session: Session, visit: Appointment) -> list[Payment]:
    """The payments of a visit that arrived, locked, with their refunds as they are now."""
    payments = [one for one in session.scalars(of_appointment(visit.id)) if one.paid_at is not None]
    for payment in payments:
        session.expire(payment, ["refunds"])
    return payments


def _settle_missed(session: Session, payment: Payment, visit: Appointment, at: datetime) -> None:
    minor = missing.back_if_missed(payment)
    if minor:
        refunding.queue(session, payment.id, minor, reason=MISSED, by=SYSTEM, at=at)
    _earn_kept(session, payment, visit, at)


def _earn_kept(session: Session, payment: Payment, visit: Appointment, at: datetime) -> None:
    _earn(session, payment, visit, _kept(session, payment), at)


def _kept(session: Session, payment: Payment) -> int:
    """What has neither been earned nor gone back, nor is on its way back."""
    return ledger.unearned(session, payment) - rules.paid_of(payment).returning_minor


def _earn(session: Session, payment: Payment, visit: Appointment, minor: int, at: datetime) -> None:
    if minor <= 0:
        return
    practice = policy.current()
    split = rules.split_fee(
        minor,
        taxes=practice.tax_rates,
        platform_basis_points=practice.platform_fee_percent * WHOLE_PERCENT,
    )
    about = None if payment.appointment_id == visit.id else visit.id
    ledger.record_earned(
        session, payment, split, clinician_id=visit.clinician_id, at=at, appointment_id=about
    )
