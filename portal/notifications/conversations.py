"""That somebody has written, told in-app: once for each conversation, however many messages wait in it."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import Account
from portal.centres.models import Centre
from portal.conversations.events import ConversationRead, MessageSent
from portal.conversations.reach import OPEN
from portal.conversations.rules import name_of
from portal.core import live
from portal.core.permissions import Role
from portal.notifications import inbox
from portal.notifications.models import Notification

NEW_MESSAGE = "new_message"
LARGEST_TEAM = 50


def tell_new_message(session: Session, event: MessageSent) -> None:
    """Subscriber: tell the other side, unless they still have to read of this conversation."""
    title = f"New message from {_sender(session, event)}"
    for account_id in _receivers(session, event):
        inbox.tell(
            session,
            account_id,
            NEW_MESSAGE,
            title,
            "",
            action="Read it",
            related_id=event.conversation_id,
            at=event.at,
        )


def settle_new_message(session: Session, event: ConversationRead) -> None:
    """Subscriber: what was read in the conversation need not be read about; of a team, by nobody any more."""
    told = Notification.related_id == event.conversation_id
    if not event.is_team:
        told &= Notification.account_id == event.account_id
    settled = session.scalars(
        update(Notification)
        .where(Notification.kind == NEW_MESSAGE, Notification.read_at.is_(None), told)
        .values(read_at=event.at, updated_at=event.at)
        .returning(Notification.account_id)
    ).all()
    if settled:
        live.announce(session, inbox.READ, [live.account(one) for one in settled])


def _receivers(session: Session, event: MessageSent) -> Sequence[int]:
    """Active accounts that have no unread word of this conversation."""
    waits = exists().where(
        Notification.account_id == Account.id,
        Notification.kind == NEW_MESSAGE,
        Notification.related_id == event.conversation_id,
        Notification.read_at.is_(None),
    )
    people = event.receiver_account_ids
    is_meant = Account.id.in_(people) if people else _team(event.centre_id)
    found = select(Account.id).where(is_meant, OPEN, ~waits)
    return session.scalars(found.order_by(Account.id).limit(LARGEST_TEAM)).all()


def _team(centre_id: int | None) -> ColumnElement[bool]:
    """Who works for the centre; where nobody does, those who answer for all centres."""
    here = aliased(Account)
    is_staffed = exists().where(here.centre_id == centre_id, here.is_active, here.deleted_at.is_(None))
    return or_(Account.centre_id == centre_id, Account.role.in_([Role.ADMIN, Role.MANAGER]) & ~is_staffed)


def _sender(session: Session, event: MessageSent) -> str:
    """The person, or the centre in whose name a member of its team has written."""
    if event.centre_id is not None and event.receiver_account_ids:
        return session.get_one(Centre, event.centre_id).name
    return name_of(session.get_one(Account, event.sender_account_id))
