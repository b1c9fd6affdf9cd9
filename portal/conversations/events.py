"""What happened to conversations. Nothing of what people wrote is in it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class MessageSent:
    """`receiver_account_ids` are the people on the other side; empty when it is the team of the centre.

    `centre_id` is set in each conversation with a team, whichever side has written.
    """

    message_id: int
    conversation_id: int
    sender_account_id: int
    receiver_account_ids: tuple[int, ...]
    centre_id: int | None
    at: datetime


@dataclass(frozen=True)
class ConversationRead:
    """`account_id` has read what was new. With `is_team` it was read for all of the team."""

    conversation_id: int
    account_id: int
    is_team: bool
    at: datetime
