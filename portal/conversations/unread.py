"""What waits to be read, as parts of queries: of one conversation, and of everything that an account may see."""

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from portal.accounts.models import Account
from portal.conversations.models import Conversation, ConversationMessage
from portal.core.permissions import Role

AccountId = ColumnElement[int] | InstrumentedAttribute[int] | int | None


def unread_in(me: AccountId) -> ScalarSelect[int]:
    """How many messages of a conversation, which the query around it has, wait for the side of that account."""
    unread = select(func.count(ConversationMessage.id)).where(
        ConversationMessage.conversation_id == Conversation.id, is_unread(me)
    )
    return unread.correlate(Conversation).scalar_subquery()


def unread_of_account() -> ScalarSelect[int]:
    """How many messages wait for an account, which the query around it has, and for the teams it belongs to."""
    unread = (
        select(func.count(ConversationMessage.id))
        .join(Conversation, Conversation.id == ConversationMessage.conversation_id)
        .where(
            Conversation.id.in_(_conversations_of_account()),
            Conversation.last_message_id > _mark_of(Account.id),
            is_unread(Account.id),
        )
    )
    return unread.correlate(Account).scalar_subquery()


def is_unread(me: AccountId) -> ColumnElement[bool]:
    """Was a message written by the other side since that of the account last read?"""
    stands_in_it = or_(Conversation.account_id == me, func.coalesce(Conversation.other_account_id, 0) == me)
    by_the_other = case(
        (stands_in_it, ConversationMessage.sender_id != me),
        else_=ConversationMessage.sender_id == Conversation.account_id,
    )
    return and_(ConversationMessage.id > _mark_of(me), by_the_other)


def _mark_of(me: AccountId) -> ColumnElement[int]:
    """Up to where the side of the account has read."""
    is_first = Conversation.account_id == me
    return case((is_first, Conversation.read_by_account), else_=Conversation.read_by_other)


def _conversations_of_account() -> ScalarSelect[int]:
    """As `queries.visible_to`, by the columns of the account; each way in finds its index."""
    one = aliased(Conversation)
    answers_for_all = Account.role.in_([Role.ADMIN, Role.MANAGER])
    ways = (
        one.account_id == Account.id,
        one.other_account_id == Account.id,
        one.centre_id == Account.centre_id,
        and_(answers_for_all, one.centre_id.is_not(None)),
    )
    return union_all(*(select(one.id).where(way).correlate(Account) for way in ways)).scalar_subquery()
