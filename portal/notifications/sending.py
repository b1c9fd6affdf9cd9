"""From a row that is due to a message that has left: claimed, checked against what is so now, sent, settled.

A claim is a lease: whoever dies with it loses it when it ends. `attempts` numbers the claims of a row, so that a
process that comes back late settles nothing that another has claimed since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.notifications import kinds, money
from portal.notifications.channels import NotConfigured, Outgoing, Refused, Unavailable
from portal.notifications.composing import compose, visits_told
from portal.notifications.conversations import is_still_unread
from portal.notifications.fallback import fall_back
from portal.notifications.models import OPEN, Channel, Delivery, DeliveryStatus
from portal.notifications.news import address_of, readers_of, ways_to
from portal.notifications.rules import Reason, next_attempt
from portal.people.models import Patient

LONGEST_ERROR = 300


@dataclass(frozen=True)
class Claim:
    """A row of which one attempt is ours."""

    delivery_id: int
    attempt: int


def claim_due(
    session: Session, channel: Channel, *, is_urgent: bool, limit: int, at: datetime, lease: timedelta
) -> Sequence[Claim]:
    """Take up to so many rows that are due, those whose lease has ended included; no two processes get the same."""
    due = (
        select(Delivery.id)
        .where(
            Delivery.channel == channel,
            Delivery.is_urgent == is_urgent,
            Delivery.status.in_(OPEN),
            Delivery.due_at <= at,
        )
        .order_by(Delivery.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")  # as a plain subquery it might be run again for each row, and take more than the limit
    )
    taken = session.execute(
        update(Delivery)
        .where(Delivery.id == due.c.id)
        .values(status=DeliveryStatus.SENDING, due_at=at + lease, attempts=Delivery.attempts + 1)
        .returning(Delivery.id, Delivery.attempts),
        execution_options={"synchronize_session": False},
    )
    return [Claim(*row) for row in taken]


def prepare(session: Session, claim: Claim, *, at: datetime) -> Outgoing | None:
    """The message as it is to be sent now; None where it is not to be, which the row then says, with the reason.

    Reads only, unless there is such a reason: what is sent costs one commit, when it is settled.
    """
    delivery = session.scalar(_claimed(claim))
    if delivery is None:
        return None
    told = visits_told(session, delivery)
    reasons = [_reason_against(session, delivery, visit, starts_at, at) for visit, starts_at in told]
    still = [visit for (visit, _), reason in zip(told, reasons, strict=True) if reason is None]
    if told and not still:
        _close(session, claim, reasons[0] or Reason.OVER)
        return None
    if not told and _is_late(delivery, at):
        _close(session, claim, Reason.EXPIRED)
        return None
    why_not = _reason_against_notice(session, delivery)
    if why_not is not None:
        _close(session, claim, why_not)
        return None
    recipient = _address_today(session, delivery, still)
    if recipient is None:
        _close(session, claim, Reason.UNREACHABLE)
        return None
    return compose(session, delivery, still, recipient)


def settle_sent(session: Session, claim: Claim, message: Outgoing, provider_id: str, *, at: datetime) -> None:
    """It has left, in these words."""
    said = {"recipient": message.recipient, "subject": message.subject, "text": message.text}
    left = {
        "status": DeliveryStatus.SENT,
        "sent_at": at,
        "provider_id": provider_id,
        "reason": "",
        "error": "",
    }
    _settle(session, claim, **said, **left)


def settle_failed(session: Session, claim: Claim, error: Refused | Unavailable, *, at: datetime) -> None:
    """It has not left: to be tried again, or by another way, or given up for staff to see."""
    delivery = session.scalar(_claimed(claim).with_for_update(of=Delivery))
    if delivery is None:
        return
    delivery.error = str(error)[:LONGEST_ERROR]
    if isinstance(error, Unavailable):
        again = next_attempt(at, claim.attempt, delivery.useful_until, error.retry_after)
        if again is not None:
            delivery.status, delivery.due_at = DeliveryStatus.PENDING, again
            return
        reason = Reason.GAVE_UP
    else:
        reason = Reason.NOT_CONFIGURED if isinstance(error, NotConfigured) else Reason.REFUSED
    delivery.status, delivery.reason = DeliveryStatus.FAILED, reason
    if fall_back(session, delivery, at=at):
        delivery.handled_at = at
    else:
        _share_fate(session, delivery.id, delivery.status, delivery.reason)


def _claimed(claim: Claim) -> Select[Delivery]:
    """The row, if the claim still stands."""
    return select(Delivery).where(*_is_ours(claim)).execution_options(populate_existing=True)


def _is_ours(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        Delivery.id == claim.delivery_id,
        Delivery.attempts == claim.attempt,
        Delivery.status == DeliveryStatus.SENDING,
    )


def _settle(session: Session, claim: Claim, **values: object) -> None:
    statement = update(Delivery).where(*_is_ours(claim)).values(values)
    session.execute(statement, execution_options={"synchronize_session": False})


def _reason_against(
    session: Session, delivery: Delivery, visit: Appointment, starts_at: datetime | None, at: datetime
) -> Reason | None:
    """Why this visit is not to be told of any more."""
    if not kinds.is_true_of(delivery.kind, visit):
        return Reason.CANCELLED
    if starts_at != visit.starts_at and delivery.kind not in kinds.ENDED.union(kinds.SERIES):
        return Reason.MOVED
    if _is_late(delivery, at) or (delivery.kind in kinds.REMINDERS and at >= visit.starts_at):
        return Reason.OVER
    return Reason.OPTED_OUT if _has_opted_out(session, delivery, visit) else None


def _reason_against_notice(session: Session, delivery: Delivery) -> Reason | None:
    """Why what is no news of a visit is not to be told any more."""
    if delivery.payment_id is not None:
        return money.reason_against(session, delivery)
    is_read = delivery.kind == kinds.Kind.NEW_MESSAGE and not is_still_unread(session, delivery)
    return Reason.READ if is_read else None


def _is_late(delivery: Delivery, at: datetime) -> bool:
    return delivery.useful_until is not None and at > delivery.useful_until


def _has_opted_out(session: Session, delivery: Delivery, visit: Appointment) -> bool:
    if delivery.kind in kinds.TO_CLINICIAN:
        return not visit.clinician.account.wants_mail
    patient = _reader(session, delivery, visit)
    if patient is None:
        return False
    if patient.id != visit.patient_id and patient not in readers_of(session, visit.patient):
        return True  # they look after the patient no longer
    # What staff send by hand has no offset, and is their decision.
    is_automatic = delivery.kind in kinds.REMINDERS and delivery.offset_minutes is not None
    if is_automatic and not patient.wants_reminders:
        return True
    if delivery.is_urgent or patient.channels is None:
        return False
    return delivery.channel not in {channel for channel, _ in ways_to(session, patient)}


def _address_today(session: Session, delivery: Delivery, visits: Sequence[Appointment]) -> str | None:
    """Where it goes. A number or address that changed since gets nothing more: it may be somebody else's by now."""
    if delivery.payment_id is not None:
        return money.address_today(session, delivery)
    if not visits or delivery.kind in kinds.TO_CLINICIAN or visits[0].patient is None:
        return delivery.recipient
    reader = _reader(session, delivery, visits[0])
    return address_of(session, reader, delivery.channel) if reader is not None else None


def _reader(session: Session, delivery: Delivery, visit: Appointment) -> Patient | None:
    """Who gets it: the patient, or somebody who looks after them."""
    if delivery.patient_id in (None, visit.patient_id):
        return visit.patient
    return session.get(Patient, delivery.patient_id, populate_existing=True)


def _close(session: Session, claim: Claim, reason: Reason) -> None:
    """Not to be sent: too late is missed, for staff to see; the rest is as it should be."""
    is_missed = reason in {Reason.OVER, Reason.EXPIRED, Reason.UNREACHABLE}
    status = DeliveryStatus.MISSED if is_missed else DeliveryStatus.SKIPPED
    _settle(session, claim, status=status, reason=reason)
    if is_missed:
        _share_fate(session, claim.delivery_id, status, reason)


def _share_fate(session: Session, carrier_id: int, status: str, reason: str) -> None:
    """What it would have told of other visits did not arrive either."""
    carried = update(Delivery).where(Delivery.bundled_into_id == carrier_id)
    session.execute(carried.values(status=status, reason=reason))
