"""Messages between people as they go out, and what may be asked and written."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from portal.api.v1.representations.base import Body, Id, Listing, Shape
from portal.conversations.rules import LONGEST
from portal.conversations.shapes import Letter, Talk, letter

Content = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class MessageShape(Shape):
    id: int
    conversation_id: int
    centre_id: int | None = Field(description="Of the team on one side; null between two people.")
    sender_id: int
    sender_name: str
    receiver_id: int | None = Field(description="Null for the team of a centre.")
    receiver_name: str
    content: str
    is_read: bool
    created_at: datetime


class ListedMessage(MessageShape):
    unread_count: int | None = Field(
        description="In the list of conversations how many messages wait; null inside of one."
    )
    with_name: str | None = Field(description="In the list of conversations whom it is with.")


class MessageQuery(Listing):
    with_: Id | None = Field(None, alias="with", description="The account of the person on the other side.")
    centre_id: Id | None = Field(None, description="The team on the other side; for its members, their own.")


class NewMessage(Body):
    """To a person, to the team of a centre, or, from its members, to a person in the centre's name (both)."""

    receiver_id: Id | None = None
    centre_id: Id | None = None
    content: Content


def message_shape(shown: Letter) -> MessageShape:
    return MessageShape(**{name: getattr(shown, name) for name in MessageShape.model_fields})


def listed_message(shown: Letter) -> ListedMessage:
    """One inside of a conversation."""
    facts = {name: getattr(shown, name) for name in MessageShape.model_fields}
    return ListedMessage(**facts, unread_count=None, with_name=None)


def listed_talk(talk: Talk) -> ListedMessage:
    """A conversation, told by its last message."""
    shown = letter(talk.last, talk.conversation)
    facts = {name: getattr(shown, name) for name in MessageShape.model_fields}
    return ListedMessage(**facts, unread_count=talk.unread, with_name=talk.title)
