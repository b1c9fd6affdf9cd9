"""Reading payments so that nobody else changes them until the transaction ends.

Whoever needs an appointment's time as well has locked that before.
"""

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from portal.payments.models import Payment


def of_appointment(appointment_id: int) -> Select[Payment]:
    """Its payments in order of id, locked and read afresh."""
    return _locked(Payment.appointment_id == appointment_id)


def locked_payment(session: Session, payment_id: int) -> Payment:
    """One payment, locked and read afresh with its refunds."""
    payment = session.scalars(_locked(Payment.id == payment_id)).one()
    session.expire(payment, ["refunds"])
    return payment


def _locked(which: ColumnElement[bool]) -> Select[Payment]:
    found = select(Payment).where(which).order_by(Payment.id)
    return found.with_for_update(of=Payment, key_share=True).execution_options(populate_existing=True)
