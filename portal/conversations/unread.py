"""What waits to be read, as parts of queries: of one conversation, and of everything that an account may see."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from portal.accounts.models import Account
from portal.conversations.models import Conversation, ConversationMessage
from portal.core.permissions import Role

AccountId = ColumnElement[int] | InstrumentedAttribute[int] | int | None


def unread_in(me: AccountId) -> ScalarSelect[int]:
    """How many messages of a conversation, which the query around it has, wait for the side of that account."""
    unread = select(func.count(ConversationMessage.id)).where(
        ConversationMessage.conversation_id == Conversation.id, _is_unread(me)
    )
    return unread.correlate(Conversation).scalar_subquery()


def unread_of_account() -> ScalarSelect[int]:
    """How many messages wait for an account, which the query around it has, and for the teams it belongs to.

    It is asked on every page: each way in finds its index, and goes on only with conversations that have something new.
    """
    answers_for_all = Account.role.in_([Role.ADMIN, Role.MANAGER])
    of_own_team = Account.centre_id.is_not(None) & (Conversation.centre_id == Account.centre_id)
    ways = union_all(
        _new_in(Conversation.account_id == Account.id, Conversation.read_by_account),
        _new_in(Conversation.other_account_id == Account.id, Conversation.read_by_other),
        _new_in(of_own_team, Conversation.read_by_other),
        _new_in(Conversation.centre_id.is_not(None) & answers_for_all, Conversation.read_by_other),
    ).subquery()
    is_by_them = ConversationMessage.sender_id == ways.c.account_id
    is_theirs = ways.c.account_id == Account.id
    by_the_other = case(
        (ways.c.centre_id.is_(None), ConversationMessage.sender_id != Account.id),
        else_=is_by_them != is_theirs,
    )
    # Counted one conversation at a time: joined, all messages of the practice would be looked through.
    in_one = select(func.count(ConversationMessage.id)).where(
        ConversationMessage.conversation_id == ways.c.id,
        ConversationMessage.id > ways.c.mark,
        by_the_other,
    )
    counts = in_one.correlate(ways, Account).scalar_subquery()
    return select(func.coalesce(func.sum(counts), 0)).correlate(Account).select_from(ways).scalar_subquery()


def _is_unread(me: AccountId) -> ColumnElement[bool]:
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


def _new_in(way: ColumnElement[bool], mark: InstrumentedAttribute[int]) -> Select[Any]:
    """The conversations of the account that are reached that way, where something is behind the mark."""
    columns: list[Any] = [
        Conversation.id,
        Conversation.account_id,
        Conversation.centre_id,
        mark.label("mark"),
    ]
    return select(*columns).where(way, Conversation.last_message_id > mark).correlate(Account)
