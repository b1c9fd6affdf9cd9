"""What may be written, and on which side of a conversation somebody stands. Facts in, answers out."""

from enum import StrEnum

from portal.accounts.models import Account
from portal.conversations.models import Conversation, ConversationMessage
from portal.core.errors import Invalid, _
from portal.core.permissions import Actor, Role

LONGEST = 5000


class Side(StrEnum):
    """ACCOUNT is whoever stands in `Conversation.account`, OTHER the other account or a member of the team."""

    ACCOUNT = "ACCOUNT"
    OTHER = "OTHER"


def unified(text: str | None) -> str | None:
    """The text with the line ends that count as one character."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if text else text


def clean_content(text: str) -> str:
    """What is kept of a text: without outer spaces. Raises Invalid for nothing, too much, and what cannot be kept."""
    words = (unified(text) or "").strip()
    if not words:
        raise Invalid(details={"content": _("Write something first")})
    if len(words) > LONGEST:
        raise Invalid(details={"content": _("Use 5,000 characters or fewer")})
    if "\0" in words:
        raise Invalid(details={"content": _("This contains characters that we cannot keep.")})
    return words


def is_team_member(actor: Actor) -> bool:
    """Whether somebody answers for centres: everybody who works here but clinicians, who write as themselves."""
    return actor.is_staff and actor.role is not Role.CLINICIAN


def is_of_team(actor: Actor, centre_id: int | None) -> bool:
    """Whether somebody answers for that centre."""
    return is_team_member(actor) and actor.may_at(centre_id)


def own_team(actor: Actor) -> int | None:
    """The centre in whose name somebody writes who works for one."""
    is_bound = actor.role is not None and actor.role.is_bound_to_centre
    return next(iter(actor.centre_ids)) if is_bound else None


def side_of(conversation: Conversation, account_id: int | None) -> Side:
    """Where somebody stands who may see the conversation."""
    return Side.ACCOUNT if conversation.account_id == account_id else Side.OTHER


def has_been_read(message: ConversationMessage, conversation: Conversation) -> bool:
    """Whether the side that did not write it has."""
    by_account = side_of(conversation, message.sender_id) is Side.ACCOUNT
    mark = conversation.read_by_other if by_account else conversation.read_by_account
    return mark >= message.id


def name_of(account: Account) -> str:
    """As people are addressed: "Dr Jane Smith"."""
    return f"{account.title} {account.full_name}".strip()


def partner_of(conversation: Conversation, account_id: int | None) -> Account | None:
    """The person on the other side of that account; None when it is the team of a centre."""
    if side_of(conversation, account_id) is Side.ACCOUNT:
        return conversation.other_account
    return conversation.account


def title_for(conversation: Conversation, account_id: int | None) -> str:
    """Whom that account is in conversation with: the name of a person or of a centre."""
    partner = partner_of(conversation, account_id)
    if partner is not None:
        return name_of(partner)
    return conversation.centre.name if conversation.centre else ""
