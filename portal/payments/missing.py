"""What goes back when the patient does not come: one answer, for the page that asks and the refund that follows."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal.appointments.models import Appointment
from portal.payments import policy, rules
from portal.payments.cancelling import Due, Share
from portal.payments.models import Payment


def if_missed(session: Session, appointment: Appointment) -> Due:
    """What recording that nobody came would give back, to be shown before it is done; changes nothing."""
    theirs = select(Payment).where(Payment.appointment_id == appointment.id, Payment.paid_at.is_not(None))
    payments = session.scalars(theirs.options(joinedload(Payment.refunds)).order_by(Payment.id)).unique()
    return Due(tuple(_share(payment) for payment in payments), appointment.currency)


def back_if_missed(payment: Payment) -> int:
    """What of a payment exceeds the practice's fee for not coming."""
    fee = policy.current().no_show_fee_minor(payment.amount_minor)
    return rules.refund_on_no_show(paid=rules.paid_of(payment), fee_minor=fee)


def _share(payment: Payment) -> Share:
    return Share(payment, rules.paid_of(payment).left_minor, back_if_missed(payment))
