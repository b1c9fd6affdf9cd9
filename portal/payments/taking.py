"""Money that the desk takes at a centre, in cash or on its own card terminal, and what it hands back of it."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.appointments.commands.locking import lock_for_change
from portal.appointments.models import Appointment
from portal.core.errors import Forbidden, _
from portal.core.events import publish
from portal.core.permissions import Actor, Permission
from portal.payments import ledger, policy, receipts, refunding, starting
from portal.payments.errors import AlreadyPaid, NotAtACentre, PaymentNotPossible
from portal.payments.events import PaymentReceived
from portal.payments.gateways import RefundState
from portal.payments.locking import of_appointment
from portal.payments.models import Method, Payment, PaymentStatus, Refund
from portal.payments.queries import is_covered
from portal.payments.rules import paid_of

AT_A_CENTRE = (Method.CASH, Method.TERMINAL)
PAID_HERE = _("It was paid at the centre instead.")


def take(
    session: Session,
    appointment: Appointment,
    *,
    method: Method,
    by: Actor,
    at: datetime,
    amount_minor: int | None = None,
) -> Payment:
    """The whole fee of a visit was taken at its centre (AT_A_CENTRE): paid, with its receipt. Never commits.

    `amount_minor` only says what was shown. A page that is open for the same visit is closed soon; of two desks at
    once one wins. Raises Forbidden, AlreadyPaid, NotAtACentre, PaymentNotPossible (cancelled, free, only held), Invalid
    (another amount).
    """
    _check_may_take(by, appointment.centre_id)
    lock_for_change(session, appointment)
    starting.check_payable(appointment, amount_minor)
    if appointment.is_hold:
        raise PaymentNotPossible
    if appointment.centre_id is None:
        raise NotAtACentre
    _end_others(session, appointment, at)
    payment = Payment(
        **starting.facts_of(appointment, by, at), method=method, status=PaymentStatus.PAID, paid_at=at
    )
    session.add(payment)
    session.flush()
    ledger.record_paid(session, payment, at=at)
    publish(session, PaymentReceived(payment.id, at))
    receipts.issue_for(session, payment, at=at, zone=policy.current().zone)
    return payment


def hand_over(session: Session, refund: Refund, *, by: Actor, at: datetime) -> None:
    """A refund of money that was taken at a centre is in the patient's hands, or back on their card. Never commits.

    Raises Forbidden, and PaymentNotPossible for what goes back by itself, has come back, or failed.
    """
    _check_may_take(by, refund.payment.centre_id)
    if refund.payment.method not in AT_A_CENTRE:
        raise PaymentNotPossible
    refunding.record(session, refund.id, RefundState.DONE, at=at)


def _check_may_take(by: Actor, centre_id: int | None) -> None:
    if not (by.may(Permission.PAYMENT_TAKE) and by.may_at(centre_id)):
        raise Forbidden


def _end_others(session: Session, appointment: Appointment, at: datetime) -> None:
    """What was paid stays the only payment; raises AlreadyPaid."""
    payments = list(session.scalars(of_appointment(appointment.id)))
    if any(paid_of(payment).left_minor for payment in payments) or is_covered(session, appointment.id):
        raise AlreadyPaid
    for payment in payments:
        if payment.status == PaymentStatus.PENDING:
            starting.replace(session, payment, at, PAID_HERE)
