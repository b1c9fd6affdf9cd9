"""How many messages are new to whoever reads a page."""

from flask_login import current_user
from sqlalchemy.orm.attributes import set_committed_value

from portal.bootstrap import db
from portal.conversations import queries as conversations
from portal.core.permissions import Actor


def unread_messages(actor: Actor) -> int:
    """It has come with the sign-in, but in the request that signs in."""
    known: int | None = current_user.account.unread_messages if current_user.is_authenticated else None
    return conversations.unread_count(db.session, actor) if known is None else known


def count_anew() -> None:
    """What has just been read is no longer new on the page that shows it."""
    for name in ("unread", "unread_messages"):
        set_committed_value(current_user.account, name, None)
