"""What people are told in-app: told once, read, marked, deleted. Each account has its own and sees no other."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ScalarSelect, func, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.core import live
from portal.core.errors import NotFound
from portal.core.pagination import DEFAULT_LIMIT, Page, paginate
from portal.core.permissions import Actor
from portal.notifications.models import Notification


class About(StrEnum):
    """The kinds of notifications, by the words that programs know."""

    MEETING_REQUEST = "meeting_request"
    MEETING_CONFIRMED = "meeting_confirmed"
    MEETING_RESCHEDULED = "meeting_rescheduled"
    MEETING_CANCELLED = "meeting_cancelled"
    MEETING_DELAYED = "meeting_delayed"
    MOVE_ASKED = "move_asked"
    NEW_MESSAGE = "new_message"
    APPROVAL_DECISION = "approval_decision"
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_REFUNDED = "payment_refunded"
    QUOTATION_DECISION = "quotation_decision"
    TIME_OFFERED = "time_offered"


RECEIVED = "notification.receive"
READ = "notification.read"


def tell(
    session: Session,
    account_id: int,
    kind: str,
    title: str,
    text: str,
    *,
    action: str,
    related_id: int | None,
    at: datetime,
) -> Notification:
    """Tell an account in-app. `kind` is one of the documented words, `action` a word for programs, such as "view".

    `related_id` is the appointment, or whatever the kind is about.
    """
    told = Notification(
        account_id=account_id,
        kind=kind,
        title=title,
        text=text,
        action=action,
        related_id=related_id,
        created_at=at,
        updated_at=at,
    )
    session.add(told)
    live.announce(session, RECEIVED, [live.account(account_id)], row=told)
    return told


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """One's own, and nobody else's."""
    return Notification.account_id == actor.account_id


def get_own(session: Session, actor: Actor, notification_id: int) -> Notification:
    """The actor's notification; raises NotFound for anybody else's."""
    found = session.scalar(select(Notification).where(Notification.id == notification_id, visible_to(actor)))
    if found is None:
        raise NotFound
    return found


def listed(
    session: Session,
    actor: Actor,
    *,
    is_read: bool | None = None,
    kind: str = "",
    page: int = 1,
    limit: int = DEFAULT_LIMIT,
) -> Page[Notification]:
    """A page of what the actor was told, the newest first."""
    found = select(Notification).where(
        visible_to(actor),
        true() if is_read is None else Notification.read_at.is_not(None) == is_read,
        Notification.kind == kind if kind else true(),
    )
    return paginate(session, found.order_by(Notification.id.desc()), page, limit)


def told_since(session: Session, actor: Actor, since: datetime, *, limit: int) -> Sequence[int]:
    """The ids of what the actor was told from that instant on, the oldest first; at most `limit`."""
    found = select(Notification.id).where(visible_to(actor), Notification.created_at >= since)
    return session.scalars(found.order_by(Notification.id).limit(limit)).all()


def among(session: Session, actor: Actor, ids: Collection[int]) -> Sequence[Notification]:
    """Of these ids the actor's notifications, the oldest first."""
    found = select(Notification).where(visible_to(actor), Notification.id.in_(ids))
    return session.scalars(found.order_by(Notification.id)).all()


def unread_count(session: Session, actor: Actor) -> int:
    """How many of the actor's notifications are unread."""
    unread = select(func.count()).where(visible_to(actor), Notification.read_at.is_(None))
    return session.scalar(unread) or 0


def unread_of(account_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ScalarSelect[int]:
    """The same as part of another query that has an account's id."""
    unread = select(func.count(Notification.id)).where(
        Notification.account_id == account_id, Notification.read_at.is_(None)
    )
    return unread.correlate_except(Notification).scalar_subquery()


def set_read(session: Session, notification: Notification, *, is_read: bool, at: datetime) -> None:
    """Mark it read or unread; the time at which it was first read stays."""
    notification.read_at = (notification.read_at or at) if is_read else None
    notification.updated_at = at
    _announce_read(session, notification.account_id)


def read_all(session: Session, actor: Actor, *, at: datetime) -> None:
    """Mark all of the actor's notifications read."""
    session.execute(
        update(Notification)
        .where(visible_to(actor), Notification.read_at.is_(None))
        .values(read_at=at, updated_at=at)
    )
    _announce_read(session, actor.account_id)


def delete(session: Session, notification: Notification) -> None:
    """Delete it for good."""
    session.delete(notification)
    _announce_read(session, notification.account_id)


def _announce_read(session: Session, account_id: int | None) -> None:
    """The other pages of the same person show another number."""
    if account_id is not None:
        live.announce(session, READ, [live.account(account_id)])
