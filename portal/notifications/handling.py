"""What staff do about messages: send one now, send again what did not arrive, note that somebody has been told."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment, Status
from portal.core.errors import TooManyAttempts
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.notifications import kinds, news
from portal.notifications.errors import (
    AlreadyHandled,
    NobodyToTell,
    NoLongerTrue,
    NotConfirmed,
    NotUndelivered,
)
from portal.notifications.events import DeliveryHandled
from portal.notifications.fallback import carry_bundle
from portal.notifications.kinds import Kind
from portal.notifications.models import OPEN, UNDELIVERED, Delivery, DeliveryStatus
from portal.notifications.rules import OVERDUE, Reason
from portal.people.models import Patient

BY_HAND = (Kind.CONFIRMED, Kind.REMINDER)
MOST_BY_HAND = 3
BY_HAND_WINDOW = timedelta(hours=1)


def send_now(
    session: Session, appointment: Appointment, kind: Kind, *, by: Actor, at: datetime
) -> Sequence[Delivery]:
    """Send the patient a confirmation or a reminder (BY_HAND) at once; what is on its way already is only hurried.

    Raises NotConfirmed for an appointment that is not confirmed and to come, NobodyToTell, and TooManyAttempts after
    three of a kind in an hour.
    """
    visit = _locked(session, appointment.id)
    if not can_send_now(visit, at):
        raise NotConfirmed
    rows = _hurried(session, visit, kind, at)
    if not rows:
        _check_not_too_often(session, visit, kind, at)
        number = _next_round(session, visit.id, kind)
        rows = news.post(session, visit, kind, at=at, round=number, is_urgent=True)
    if not rows:
        raise NobodyToTell
    session.flush()
    _tell(session, rows[0], "message.send", by, at)
    return rows


def send_again(session: Session, delivery: Delivery, *, by: Actor, at: datetime) -> Delivery:
    """Send once more what did not arrive, to the address that is known by now; the old one counts as handled.

    Of two colleagues at once the second is refused: raises AlreadyHandled. Raises NotUndelivered, NoLongerTrue where
    the appointment has changed or begun since, and NobodyToTell.
    """
    old = _undelivered(session, delivery)
    appointment = _locked(session, old.appointment_id) if old.appointment_id else None
    if not can_send_again(old, appointment, at):
        raise NoLongerTrue
    channel, recipient = _way(session, old)
    new = _copy(old, channel, recipient, at)
    new.round = _next_round(session, old.appointment_id, old.kind)
    if old.payment_id is not None:
        new.useful_until = old.useful_until
    elif appointment is not None:
        new.starts_at = appointment.starts_at
        new.version = None if old.version is None else appointment.version
        new.useful_until = _useful_until(old.kind, appointment, at)
    session.add(new)
    _settle(session, old, "message.send-again", by, at)
    carry_bundle(session, old, new)
    return new


def note_told(session: Session, delivery: Delivery, *, by: Actor, at: datetime) -> None:
    """Somebody has told the person otherwise, by phone for example. Raises AlreadyHandled, NotUndelivered.

    What has been waiting for too long is not sent any more then.
    """
    old = _undelivered(session, delivery, or_overdue=at)
    if old.status in OPEN:
        old.status, old.reason = DeliveryStatus.SKIPPED, Reason.TOLD
    _settle(session, old, "message.told", by, at)


def can_send_now(appointment: Appointment, at: datetime) -> bool:
    """Is it confirmed and still to come?"""
    return appointment.status == Status.CONFIRMED and appointment.starts_at > at


def can_send_again(delivery: Delivery, appointment: Appointment | None, at: datetime) -> bool:
    """Is what the message says still so, and still worth saying? Of money that is looked at when it is sent."""
    if delivery.payment_id is not None:
        return delivery.useful_until is not None and delivery.useful_until > at
    if appointment is None:
        return True
    is_true = kinds.is_true_of(delivery.kind, appointment)
    return is_true and _useful_until(delivery.kind, appointment, at) > at


def _useful_until(kind: str, appointment: Appointment, at: datetime) -> datetime:
    return kinds.useful_until(kind, at, starts_at=appointment.starts_at, ends_at=appointment.ends_at)


def _locked(session: Session, appointment_id: int) -> Appointment:
    """Whoever sends of the same appointment takes turns."""
    statement = select(Appointment).where(Appointment.id == appointment_id).with_for_update(of=Appointment)
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def _undelivered(session: Session, delivery: Delivery, *, or_overdue: datetime | None = None) -> Delivery:
    """The row, locked and read afresh with its words; with an instant, also one that is overdue then."""
    statement = select(Delivery).where(Delivery.id == delivery.id).with_for_update()
    found = session.scalars(statement.execution_options(populate_existing=True)).one()
    if found.handled_at is not None:
        raise AlreadyHandled
    is_overdue = or_overdue is not None and found.due_at < or_overdue - OVERDUE
    if found.status not in UNDELIVERED and not (found.status in OPEN and is_overdue):
        raise NotUndelivered
    return found


def _hurried(session: Session, appointment: Appointment, kind: Kind, at: datetime) -> Sequence[Delivery]:
    """What of the kind has not gone out yet, made due now."""
    waiting = session.scalars(
        select(Delivery)
        .where(
            Delivery.appointment_id == appointment.id,
            Delivery.kind == kind,
            Delivery.status.in_(OPEN),
            Delivery.starts_at == appointment.starts_at,
        )
        .order_by(Delivery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for delivery in waiting:
        if delivery.status == DeliveryStatus.PENDING:
            delivery.due_at, delivery.is_urgent = min(delivery.due_at, at), True
    return waiting


def _check_not_too_often(session: Session, appointment: Appointment, kind: Kind, at: datetime) -> None:
    rounds, first = session.execute(
        select(func.count(Delivery.round.distinct()), func.min(Delivery.created_at)).where(
            Delivery.appointment_id == appointment.id,
            Delivery.kind == kind,
            Delivery.round > 0,
            Delivery.created_at > at - BY_HAND_WINDOW,
        )
    ).one()
    if rounds >= MOST_BY_HAND:
        raise TooManyAttempts(retry_after_seconds=int((first + BY_HAND_WINDOW - at).total_seconds()) or 1)


def _next_round(session: Session, appointment_id: int | None, kind: str) -> int:
    last = session.scalar(
        select(func.max(Delivery.round)).where(
            Delivery.appointment_id == appointment_id, Delivery.kind == kind
        )
    )
    return (last or 0) + 1


def _way(session: Session, old: Delivery) -> tuple[str, str]:
    """The same channel to the address of today; where there is none any more, how the person wants to be told."""
    if old.patient_id is not None:
        patient = session.get_one(Patient, old.patient_id)
        ways = dict(news.ways_to(session, patient))
        same = news.address_of(session, patient, old.channel) if patient.deleted_at is None else None
        way = (old.channel, same) if same else next(iter(ways.items()), None)
    elif old.account_id is not None:
        email = session.get_one(Account, old.account_id).email
        way = (old.channel, email) if email else None
    else:
        way = (old.channel, old.recipient)
    if way is None:
        raise NobodyToTell
    return way


def _copy(old: Delivery, channel: str, recipient: str, at: datetime) -> Delivery:
    """The same message, due now, whatever the hour."""
    kept = (
        "kind", "subject", "text", "appointment_id", "patient_id", "account_id", "conversation_id", "payment_id",
        "refund_id", "offset_minutes", "language", "time_zone",
    )  # fmt: skip
    return Delivery(
        channel=channel,
        recipient=recipient,
        is_urgent=True,
        due_at=at,
        created_at=at,
        **{name: getattr(old, name) for name in kept},
    )


def _settle(session: Session, old: Delivery, action: str, by: Actor, at: datetime) -> None:
    old.handled_at, old.handled_by_id = at, by.account_id
    session.flush()
    _tell(session, old, action, by, at)


def _tell(session: Session, delivery: Delivery, action: str, by: Actor, at: datetime) -> None:
    publish(session, DeliveryHandled(delivery.id, delivery.patient_id, delivery.kind, action, by, at))
