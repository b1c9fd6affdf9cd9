"""People who want money to go back: staff who give it, patients who ask for what is theirs under the policy."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Party, Status
from portal.appointments.rules import CancellationOutcome
from portal.core.errors import Forbidden, Invalid, NotFound, _
from portal.core.permissions import Actor, Permission
from portal.payments import cancelling, refunding
from portal.payments.attention import is_unanswered
from portal.payments.errors import RefundNotAllowed, RefundReplaced
from portal.payments.locking import locked_payment
from portal.payments.models import Payment, Refund
from portal.payments.queries import get_visible
from portal.payments.rules import paid_of


def give_back(
    session: Session, payment_id: int, *, minor: int | None = None, reason: str = "", by: Actor, at: datetime
) -> Refund:
    """Have so much of a payment sent back, or all that this person may (None). Never commits.

    Staff may give back what is left, and say why; patients get what the policy gives them for a visit that was
    cancelled. Raises NotFound, Forbidden, Invalid (no reason), RefundNotAllowed, PaymentNotPossible (bought credits).
    """
    payment = _locked(session, payment_id, by)
    if by.may(Permission.PAYMENT_REFUND) and not reason:
        raise Invalid(details={"reason": _("Say why, so that it can be understood later.")})
    most = most_back(session, payment, by=by)
    wanted = most if minor is None else minor
    if wanted > most:
        raise RefundNotAllowed
    return refunding.queue(session, payment.id, wanted, reason=reason, by=by, at=at)


def try_again(session: Session, refund_id: int, *, by: Actor, at: datetime) -> Refund:
    """Send once more what a provider refused: another refund takes its place. Never commits.

    Raises NotFound, Forbidden, and RefundReplaced where somebody was faster.
    """
    refused = session.get(Refund, refund_id)
    if refused is None:
        raise NotFound
    payment = _locked(session, refused.payment_id, by)
    if not by.may(Permission.PAYMENT_REFUND):
        raise Forbidden
    if not is_unanswered(payment, refused):
        raise RefundReplaced
    return refunding.queue(session, payment.id, refused.amount_minor, reason=refused.reason, by=by, at=at)


def most_back(session: Session, payment: Payment, *, by: Actor) -> int:
    """How much of a payment this person may have sent back now, in minor units; changes nothing."""
    if by.may(Permission.PAYMENT_REFUND):
        return paid_of(payment).left_minor
    visit = payment.appointment
    if visit is None or visit.status != Status.CANCELLED or not by.may(Permission.PAYMENT_OWN):
        return 0
    outcome = _outcome(session, visit, by)
    return cancelling.due(visit, [payment], outcome, by=Party(visit.cancelled_by or "")).back_minor


def _locked(session: Session, payment_id: int, by: Actor) -> Payment:
    """The payment that this person sees, which nobody else changes until the transaction ends."""
    get_visible(session, by, payment_id)
    if not (by.may(Permission.PAYMENT_REFUND) or by.may(Permission.PAYMENT_OWN)):
        raise Forbidden
    return locked_payment(session, payment_id)


def _outcome(session: Session, visit: Appointment, by: Actor) -> CancellationOutcome:
    """As it was when the visit was cancelled; what had not been confirmed costs nothing."""
    was_pending = any(
        line.kind == "cancelled" and line.from_status == Status.PENDING for line in visit.history
    )
    if was_pending or visit.cancelled_at is None:
        return CancellationOutcome.FREE
    return cancelling.outcome_of(session, visit, by=by, at=visit.cancelled_at)
