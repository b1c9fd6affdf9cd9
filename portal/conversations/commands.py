"""Writing to somebody, and having read what they wrote."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from portal.conversations import reach, rules
from portal.conversations.events import ConversationRead, MessageSent
from portal.conversations.models import Conversation, ConversationMessage
from portal.conversations.rules import Side
from portal.core import live
from portal.core.errors import Forbidden, Invalid, _
from portal.core.events import publish
from portal.core.permissions import Actor

RECEIVED = "message.receive"
READ = "message.read"


def send(
    session: Session,
    *,
    by: Actor,
    content: str,
    at: datetime,
    receiver_account_id: int | None = None,
    centre_id: int | None = None,
) -> ConversationMessage:
    """Write to a person, to the team of a centre, or, with both, to a person in the name of one's centre.

    Raises Invalid for a content that cannot be, or where it is not said to whom; NotFound for a receiver whom the
    actor does not see, NobodyToWriteTo or AccountClosed for one who cannot be written to; Forbidden for a team that
    is not the actor's.
    """
    words = rules.clean_content(content)
    me = _account_id(by)
    if receiver_account_id is not None and centre_id is not None:
        reach.check_for_team(session, by, centre_id, receiver_account_id)
        conversation = _open_with_team(session, receiver_account_id, centre_id, at)
    elif receiver_account_id is not None:
        reach.check_person(session, by, receiver_account_id)
        conversation = _open_between(session, me, receiver_account_id, at)
    elif centre_id is not None and not rules.is_team_member(by):
        reach.check_team(session, by, centre_id)
        conversation = _open_with_team(session, me, centre_id, at)
    else:
        raise Invalid(details={"receiver_id": _("Say whom you write to.")})
    return _write(session, conversation, me, words, at)


def reply(
    session: Session, conversation: Conversation, *, by: Actor, content: str, at: datetime
) -> ConversationMessage:
    """Write in a conversation that the actor may see; refused as by `send`."""
    partner = rules.partner_of(conversation, by.account_id)
    return send(
        session,
        by=by,
        content=content,
        at=at,
        receiver_account_id=partner.id if partner else None,
        centre_id=conversation.centre_id,
    )


def mark_read(session: Session, conversation: Conversation, *, by: Actor, up_to: int, at: datetime) -> bool:
    """Note that the actor's side has read up to that message; reading for a team counts for all of it.

    Says whether there was anything to note.
    """
    side, me = rules.side_of(conversation, by.account_id), _account_id(by)
    name = "read_by_account" if side is Side.ACCOUNT else "read_by_other"
    mark, until = getattr(Conversation, name), min(up_to, conversation.last_message_id)
    if getattr(conversation, name) >= until:
        return False
    reached = session.scalar(
        update(Conversation)
        .where(Conversation.id == conversation.id)
        .values({mark: func.greatest(mark, until)})
        .returning(mark)
        .execution_options(synchronize_session=False)
    )
    set_committed_value(conversation, name, reached)
    is_team = side is Side.OTHER and conversation.centre_id is not None
    publish(session, ConversationRead(conversation.id, me, is_team, at))
    audience = team(conversation.centre_id) if is_team else live.account(me)
    live.announce(session, READ, [audience], conversation_id=conversation.id)
    return True


def team(centre_id: int | None) -> str:
    """The live audience of those who answer for a centre."""
    return f"team:{centre_id}"


def _account_id(by: Actor) -> int:
    if by.account_id is None:
        raise Forbidden
    return by.account_id


def _open_between(session: Session, one: int, other: int, at: datetime) -> Conversation:
    low, high = sorted((one, other))
    is_theirs = (Conversation.account_id == low) & (Conversation.other_account_id == high)
    return _open(session, is_theirs, at, account_id=low, other_account_id=high)


def _open_with_team(session: Session, account_id: int, centre_id: int, at: datetime) -> Conversation:
    is_theirs = (Conversation.account_id == account_id) & (Conversation.centre_id == centre_id)
    return _open(session, is_theirs, at, account_id=account_id, centre_id=centre_id)


def _open(session: Session, is_theirs: ColumnElement[bool], at: datetime, **sides: int) -> Conversation:
    """The conversation, made by the first who writes, and locked.

    Without the lock a message with a lower id could be committed after a higher one was read, and never be new.
    """
    found = select(Conversation).where(is_theirs).with_for_update(key_share=True)
    found = found.execution_options(populate_existing=True)
    conversation = session.scalar(found)
    if conversation is None:
        session.execute(insert(Conversation).values(created_at=at, **sides).on_conflict_do_nothing())
        conversation = session.scalars(found).one()
    return conversation


def _write(
    session: Session, conversation: Conversation, sender_id: int, content: str, at: datetime
) -> ConversationMessage:
    message = ConversationMessage(
        conversation_id=conversation.id, sender_id=sender_id, content=content, created_at=at
    )
    session.add(message)
    session.flush()
    conversation.last_message_id, conversation.last_message_at = message.id, at
    session.flush()
    _tell(session, conversation, message)
    return message


def _tell(session: Session, conversation: Conversation, message: ConversationMessage) -> None:
    sides = (conversation.account_id, conversation.other_account_id)
    people = [one for one in sides if one is not None]
    receivers = tuple(one for one in people if one != message.sender_id)
    centre_id = conversation.centre_id
    publish(
        session,
        MessageSent(message.id, conversation.id, message.sender_id, receivers, centre_id, message.created_at),
    )
    audience = [live.account(one) for one in people]
    if centre_id is not None:
        audience.append(team(centre_id))
    live.announce(session, RECEIVED, audience, id=message.id, conversation_id=conversation.id)
