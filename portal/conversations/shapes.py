"""What is read of conversations: values, with the names that people see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.conversations import rules
from portal.conversations.models import Conversation, ConversationMessage


@dataclass(frozen=True)
class Talk:
    """A line of the list: the conversation, what was said last, and how much of it is new to the actor."""

    conversation: Conversation
    last: ConversationMessage
    unread: int
    title: str


@dataclass(frozen=True)
class Stretch:
    """Messages that follow each other, the oldest first. `before` is the one ahead of them, if there is any."""

    messages: Sequence[ConversationMessage]
    before: ConversationMessage | None


@dataclass(frozen=True)
class Letter:
    """A message with the names of both sides. `receiver_id` is None when it was written to a centre's team."""

    id: int
    conversation_id: int
    centre_id: int | None
    sender_id: int
    sender_name: str
    receiver_id: int | None
    receiver_name: str
    content: str
    is_read: bool
    created_at: datetime


@dataclass(frozen=True)
class Partner:
    """Whom one may begin to write to: a person or the team of a centre; `role` is None for a team."""

    name: str
    account_id: int | None = None
    centre_id: int | None = None
    role: str | None = None


def letter(message: ConversationMessage, conversation: Conversation) -> Letter:
    """The message as both sides know it."""
    receiver = rules.partner_of(conversation, message.sender_id)
    return Letter(
        id=message.id,
        conversation_id=conversation.id,
        centre_id=conversation.centre_id,
        sender_id=message.sender_id,
        sender_name=rules.name_of(message.sender),
        receiver_id=receiver.id if receiver else None,
        receiver_name=rules.title_for(conversation, message.sender_id),
        content=message.content,
        is_read=rules.has_been_read(message, conversation),
        created_at=message.created_at,
    )
