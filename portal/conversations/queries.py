"""Reading conversations. Whatever leaves here is what the actor may see; anything else does not exist for them."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Account
from portal.centres.models import Centre
from portal.conversations import reach, rules
from portal.conversations.models import Conversation, ConversationMessage
from portal.conversations.shapes import Letter, Partner, Stretch, Talk, letter
from portal.conversations.unread import unread_in, unread_of_account
from portal.core.db import like_pattern
from portal.core.errors import Forbidden, NotFound
from portal.core.pagination import DEFAULT_LIMIT, Page, paginate
from portal.core.permissions import Actor

WITH_SIDES = (
    joinedload(Conversation.account),
    joinedload(Conversation.other_account),
    joinedload(Conversation.centre),
)
A_STRETCH = 30
MOST_AT_ONCE = 200
MOST_PARTNERS = 20


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """One's own; for those who answer for centres also what is written to these."""
    if not actor.is_signed_in:
        return false()
    own = or_(Conversation.account_id == actor.account_id, Conversation.other_account_id == actor.account_id)
    if not rules.is_team_member(actor):
        return own
    if actor.role is not None and actor.role.is_bound_to_centre:
        return or_(own, Conversation.centre_id.in_(sorted(actor.centre_ids)))
    return or_(own, Conversation.centre_id.is_not(None))


def get_visible(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """The conversation with both sides; raises NotFound, or Forbidden to staff about another centre's."""
    statement = select(Conversation).options(*WITH_SIDES).where(Conversation.id == conversation_id)
    found = session.scalar(statement.where(visible_to(actor)))
    if found is not None:
        return found
    is_bound = actor.role is not None and actor.role.is_bound_to_centre
    elsewhere = select(Conversation.centre_id).where(Conversation.id == conversation_id)
    if is_bound and session.scalar(elsewhere) is not None:
        raise Forbidden
    raise NotFound


def find(
    session: Session, actor: Actor, *, account_id: int | None = None, centre_id: int | None = None
) -> Conversation | None:
    """The actor's conversation with a person, with a team, or in the name of a team; None while nothing was written.

    Then it is refused, as by `commands.send`, to those who may not write there.
    """
    me = actor.account_id
    if account_id is not None and centre_id is not None:
        sides = and_(Conversation.account_id == account_id, Conversation.centre_id == centre_id)
    elif account_id is not None:
        low, high = sorted((me or 0, account_id))
        sides = and_(Conversation.account_id == low, Conversation.other_account_id == high)
    else:
        sides = and_(Conversation.account_id == me, Conversation.centre_id == centre_id)
    statement = select(Conversation).options(*WITH_SIDES).where(sides, visible_to(actor))
    found = session.scalar(statement)
    if found is None:
        check_writable(session, actor, account_id=account_id, centre_id=centre_id)
    return found


def check_writable(
    session: Session, actor: Actor, *, account_id: int | None = None, centre_id: int | None = None
) -> None:
    """Raises what `commands.send` would raise about the receiver."""
    if account_id is not None and centre_id is not None:
        reach.check_for_team(session, actor, centre_id, account_id)
    elif account_id is not None:
        reach.check_person(session, actor, account_id)
    elif centre_id is not None:
        reach.check_team(session, actor, centre_id)


def may_write(
    session: Session, actor: Actor, *, account_id: int | None = None, centre_id: int | None = None
) -> bool:
    """Whether `commands.send` would take that receiver."""
    try:
        check_writable(session, actor, account_id=account_id, centre_id=centre_id)
    except (Forbidden, NotFound):
        return False
    return True


def conversations_of(
    session: Session,
    actor: Actor,
    *,
    centre_id: int | None = None,
    page: int = 1,
    limit: int = DEFAULT_LIMIT,
) -> Page[Talk]:
    """The actor's conversations, the one with the newest message first: four queries, however many there are.

    `centre_id` narrows them to those of a team; raises Forbidden for one that the actor does not belong to.
    """
    if centre_id is not None and not rules.is_of_team(actor, centre_id):
        raise Forbidden
    statement = select(Conversation).options(*WITH_SIDES).where(visible_to(actor))
    if centre_id is not None:
        statement = statement.where(Conversation.centre_id == centre_id)
    found = paginate(session, statement.order_by(Conversation.last_message_id.desc()), page, limit)
    ids = [one.id for one in found.items]
    newest = select(ConversationMessage).where(
        ConversationMessage.id.in_([one.last_message_id for one in found.items])
    )
    last = {one.conversation_id: one for one in session.scalars(_with_sender(newest))} if ids else {}
    counts = select(Conversation.id, unread_in(actor.account_id)).where(Conversation.id.in_(ids))
    unread = dict(session.execute(counts).all()) if ids else {}
    talks = [
        Talk(one, last[one.id], unread[one.id], rules.title_for(one, actor.account_id)) for one in found.items
    ]
    return Page(items=talks, page=found.page, limit=found.limit, total=found.total)


def messages_of(
    session: Session, conversation: Conversation, *, before_id: int | None = None, limit: int = A_STRETCH
) -> Stretch:
    """The last messages of a conversation that the actor may see, or the last before one of them."""
    found = select(ConversationMessage).where(ConversationMessage.conversation_id == conversation.id)
    if before_id is not None:
        found = found.where(ConversationMessage.id < before_id)
    newest_first = _with_sender(found).order_by(ConversationMessage.id.desc()).limit(limit + 1)
    rows = session.scalars(newest_first).all()[::-1]
    return Stretch(rows[1:], rows[0]) if len(rows) > limit else Stretch(rows, None)


def messages_after(session: Session, conversation: Conversation, after_id: int) -> Stretch:
    """What was written since that message, at most a few stretches of it."""
    found = select(ConversationMessage).where(
        ConversationMessage.conversation_id == conversation.id, ConversationMessage.id >= after_id
    )
    oldest_first = _with_sender(found).order_by(ConversationMessage.id).limit(MOST_AT_ONCE)
    rows = session.scalars(oldest_first).all()
    return Stretch(rows[1:], rows[0]) if rows and rows[0].id == after_id else Stretch(rows, None)


def letters_of(
    session: Session, conversation: Conversation, *, page: int = 1, limit: int = DEFAULT_LIMIT
) -> Page[Letter]:
    """A page of the messages of a conversation that the actor may see, the newest first."""
    found = select(ConversationMessage).where(ConversationMessage.conversation_id == conversation.id)
    rows = paginate(session, _with_sender(found).order_by(ConversationMessage.id.desc()), page, limit)
    letters = [letter(one, conversation) for one in rows.items]
    return Page(items=letters, page=rows.page, limit=rows.limit, total=rows.total)


def message_for(session: Session, actor: Actor, message_id: int) -> Letter | None:
    """The message with the names of both sides, or None unless the actor may see it."""
    found = session.execute(
        select(ConversationMessage, Conversation)
        .join(Conversation, Conversation.id == ConversationMessage.conversation_id)
        .where(ConversationMessage.id == message_id, visible_to(actor))
        .options(joinedload(ConversationMessage.sender), *WITH_SIDES)
    ).one_or_none()
    return letter(found[0], found[1]) if found else None


def unread_count(session: Session, actor: Actor) -> int:
    """How many messages wait to be read by the actor or the teams they belong to."""
    return session.scalar(select(unread_of_account()).where(Account.id == actor.account_id)) or 0


def partners(session: Session, actor: Actor, *, search: str = "") -> list[Partner]:
    """Whom the actor may write to, by name, the first twenty people; `search` finds part of a name."""
    pattern = like_pattern(search)
    accounts = reach.people_open_to(actor).where(Account.full_name.ilike(pattern))
    centres = select(Centre).where(
        reach.teams_open_to(actor), Centre.is_active, Centre.deleted_at.is_(None), Centre.name.ilike(pattern)
    )
    by_name = accounts.order_by(func.lower(Account.full_name), Account.id).limit(MOST_PARTNERS)
    own_team = rules.own_team(actor)
    return [
        *(Partner(one.name, centre_id=one.id) for one in session.scalars(centres.order_by(Centre.name))),
        *(
            Partner(rules.name_of(one), account_id=one.id, centre_id=own_team, role=one.role)
            for one in session.scalars(by_name)
        ),
    ]


def _with_sender(messages: Select[Any]) -> Select[Any]:
    return messages.options(joinedload(ConversationMessage.sender))
