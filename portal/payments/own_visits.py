"""A visit that its patient settles here and now, with no provider: by credits, or by a subscription."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.models import Appointment
from portal.core.errors import NotFound, _
from portal.core.permissions import Actor
from portal.payments.errors import AlreadyPaid, PaymentNotPossible
from portal.payments.locking import of_appointment
from portal.payments.models import PaymentStatus
from portal.payments.queries import is_covered
from portal.payments.quotation_models import Quotation
from portal.payments.rules import paid_of
from portal.payments.starting import check_payable, replace

SETTLED_OTHERWISE = _("The visit was settled otherwise.")


def take_unpaid(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> Appointment:
    """The visit, booked if it was held, locked, and with nothing paid for it: whoever has it may settle it.

    Pages where it could be paid are over. Where a hold had run out and its time is free it is another appointment.
    Raises NotFound for anybody but its patient, what `confirm` raises, AlreadyPaid, PaymentNotPossible.
    """
    if by.patient_id is None or appointment.patient_id != by.patient_id:
        raise NotFound
    said = {name: getattr(appointment, name) for name in appointments.Details().texts()}
    visit = appointments.confirm(session, appointment, by=by, at=at, details=appointments.Details(**said))
    check_payable(visit, None)
    payments = list(session.scalars(of_appointment(visit.id)))
    for payment in payments:
        session.expire(payment, ["refunds"])
    if any(paid_of(payment).left_minor for payment in payments) or is_covered(session, visit.id):
        raise AlreadyPaid
    if visit.starts_at <= at:
        raise PaymentNotPossible
    for payment in payments:
        if payment.status == PaymentStatus.PENDING:
            replace(session, payment, at, SETTLED_OTHERWISE)
    return visit


def has_usual_price(session: Session, visit: Appointment) -> bool:
    """Does it cost something, and what it always does? Credits and subscriptions pay for no quoted price."""
    quoted = select(Quotation.id).where(Quotation.appointment_id == visit.id)
    return visit.fee_minor > 0 and session.scalar(quoted) is None
