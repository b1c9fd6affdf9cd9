"""That somebody has written: told once for each conversation, however many messages wait in it.

In-app at once; the one person it was written to also by message, if they have not read it some minutes later.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import Account
from portal.centres.models import Centre
from portal.conversations.events import ConversationRead, MessageSent
from portal.conversations.models import Conversation
from portal.conversations.reach import OPEN
from portal.conversations.rules import name_of
from portal.core import clock, live
from portal.core.permissions import Role
from portal.notifications import inbox, policy
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery, Notification
from portal.notifications.news import mail_to, ways_to
from portal.notifications.rules import send_at
from portal.notifications.wording import in_app, language_for, words
from portal.people.models import Patient

NEW_MESSAGE = "new_message"
LARGEST_TEAM = 50
PATIENCE, USEFUL = timedelta(minutes=5), timedelta(days=2)


def tell_new_message(session: Session, event: MessageSent) -> None:
    """Subscriber: tell the other side, unless they still have to read of this conversation."""
    sender, is_to_one = _sender(session, event), bool(event.receiver_account_ids)
    for account_id in _receivers(session, event):
        patient = _patient_of(session, account_id) if is_to_one else None
        title, _ = in_app(Kind.NEW_MESSAGE, patient.language if patient else None, {"sender": sender})
        about = event.conversation_id
        inbox.tell(session, account_id, NEW_MESSAGE, title, "", action="view", related_id=about, at=event.at)
        if is_to_one:
            _post(session, account_id, patient, sender, event)


def values_of(session: Session, delivery: Delivery) -> dict[str, str]:
    """What the words of a new message's notice are filled with."""
    conversation = session.get_one(Conversation, delivery.conversation_id)
    sender = _other_side(session, conversation, delivery.account_id)
    return {"sender": sender, "link": _address(conversation.id)}


def is_still_unread(session: Session, delivery: Delivery) -> bool:
    """Has the account still to read what the notice is about?"""
    unread = select(Notification.id).where(
        Notification.account_id == delivery.account_id,
        Notification.kind == NEW_MESSAGE,
        Notification.related_id == delivery.conversation_id,
        Notification.read_at.is_(None),
    )
    return session.scalar(unread.limit(1)) is not None


def _address(conversation_id: int) -> str:
    return f"{policy.current().public_url}/messages/{conversation_id}"


def _patient_of(session: Session, account_id: int) -> Patient | None:
    return session.scalar(select(Patient).where(Patient.account_id == account_id))


def _post(
    session: Session, account_id: int, patient: Patient | None, sender: str, event: MessageSent
) -> None:
    """By the first of the ways a patient is told, or by mail to a colleague who wants it. Never what was written."""
    account = session.get_one(Account, account_id)
    ways = ways_to(session, patient)[:1] if patient is not None else mail_to(account)
    language = patient.language if patient is not None else None
    rules = policy.current()
    zone = (patient.time_zone if patient is not None else None) or rules.time_zone
    useful_until = event.at + USEFUL
    values = {"sender": sender, "link": _address(event.conversation_id)}
    for channel, recipient in ways:
        said = words(session, Kind.NEW_MESSAGE, channel, language, values)
        session.add(
            Delivery(
                kind=Kind.NEW_MESSAGE,
                channel=channel,
                recipient=recipient,
                subject=said.subject,
                text=said.text,
                account_id=account_id,
                conversation_id=event.conversation_id,
                patient_id=patient.id if patient is not None else None,
                language=language_for(language),
                time_zone=zone,
                due_at=send_at(event.at + PATIENCE, useful_until, clock.zone(zone), rules),
                useful_until=useful_until,
                created_at=event.at,
            )
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


def _other_side(session: Session, conversation: Conversation, account_id: int | None) -> str:
    """Who has written to the account: the other person, or the centre."""
    if conversation.account_id != account_id:
        return name_of(session.get_one(Account, conversation.account_id))
    if conversation.centre_id is not None:
        return session.get_one(Centre, conversation.centre_id).name
    return name_of(session.get_one(Account, conversation.other_account_id))
