"""Messages between people who share an appointment, and with the team of a centre."""

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Listed, Paged, paged
from portal.api.v1.representations.messages import (
    ListedMessage,
    MessageQuery,
    MessageShape,
    NewMessage,
    listed_message,
    listed_talk,
    message_shape,
)
from portal.bootstrap import db
from portal.conversations import commands, queries
from portal.conversations.models import Conversation
from portal.conversations.rules import is_team_member
from portal.conversations.shapes import letter
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.limits import MESSAGE_WRITTEN
from portal.core.pagination import Page
from portal.core.permissions import Permission
from portal.delivery.attempts import attempts

bp = Blueprint("api_messages", __name__, url_prefix="/messages")


@bp.get("")
@endpoint("MSG-01", Listed[ListedMessage], Permission.CONVERSATION_OWN, also=(404,))
def index(query: MessageQuery) -> Paged[ListedMessage]:
    """Read the conversation `with` somebody or with a centre's team, the newest first; opening it marks it read.

    Without either: the conversations, each told by its last message. Members of a team name the person and the centre.
    """
    if query.with_ is None and (query.centre_id is None or is_team_member(g.actor)):
        talks = queries.conversations_of(
            db.session, g.actor, centre_id=query.centre_id, page=query.page, limit=query.limit
        )
        return paged(talks, listed_talk)
    found = queries.find(db.session, g.actor, account_id=query.with_, centre_id=query.centre_id)
    if found is None:
        return paged(Page(items=[], page=query.page, limit=query.limit_taken, total=0), listed_message)
    in_transaction(db.session, lambda: _read(found))
    return paged(queries.letters_of(db.session, found, page=query.page, limit=query.limit), listed_message)


@bp.post("")
@endpoint("MSG-02", Answer[MessageShape], Permission.CONVERSATION_OWN, status=201, is_write=True)
def create(json: NewMessage) -> MessageShape:
    """Write to a person or to the team of a centre. Thirty a minute are enough for anybody."""
    return write(json)


def write(json: NewMessage) -> MessageShape:
    """Write it, whichever door it came in by; to be called within a transaction."""
    attempts().hit(MESSAGE_WRITTEN, str(g.actor.account_id))
    sent = commands.send(
        db.session,
        by=g.actor,
        receiver_account_id=json.receiver_id,
        centre_id=json.centre_id,
        content=json.content,
        at=clock.now(),
    )
    return message_shape(letter(sent, queries.get_visible(db.session, g.actor, sent.conversation_id)))


def _read(conversation: Conversation) -> None:
    commands.mark_read(
        db.session, conversation, by=g.actor, up_to=conversation.last_message_id, at=clock.now()
    )
