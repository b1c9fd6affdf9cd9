"""What somebody with two accounts has written and was written, when one of them is closed."""

from sqlalchemy import ForeignKeyConstraint, or_, select, update
from sqlalchemy.orm import Session

from portal.conversations.models import Conversation, ConversationMessage
from portal.core.db import Base
from portal.people.events import PatientsMerged


def carry_over(session: Session, event: PatientsMerged) -> None:
    """Subscriber: conversations of the closed account go on in the kept one, with one per person or team."""
    gone, kept = event.closed_account_id, event.kept_account_id
    if not gone or not kept:
        return
    theirs = or_(Conversation.account_id == gone, Conversation.other_account_id == gone)
    for old in session.scalars(select(Conversation).where(theirs).order_by(Conversation.id)).all():
        other = old.other_account_id if old.account_id == gone else old.account_id
        if other == kept:
            continue  # what one wrote to oneself
        same = _with(session, kept, other, old.centre_id)
        if same is None:
            _rename(old, gone, kept)
        else:
            _join(session, old, same)
    session.flush()
    written = update(ConversationMessage).where(ConversationMessage.sender_id == gone)
    session.execute(written.values(sender_id=kept))


def _with(
    session: Session, account_id: int, other_id: int | None, centre_id: int | None
) -> Conversation | None:
    if other_id is None:
        which = (Conversation.account_id == account_id) & (Conversation.centre_id == centre_id)
    else:
        low, high = sorted((account_id, other_id))
        which = (Conversation.account_id == low) & (Conversation.other_account_id == high)
    return session.scalar(select(Conversation).where(which))


def _rename(talk: Conversation, gone: int, kept: int) -> None:
    """The lower id stands first, so the sides may change places."""
    if talk.account_id == gone:
        talk.account_id = kept
    else:
        talk.other_account_id = kept
    if talk.other_account_id is not None and talk.other_account_id < talk.account_id:
        talk.account_id, talk.other_account_id = talk.other_account_id, talk.account_id
        talk.read_by_account, talk.read_by_other = talk.read_by_other, talk.read_by_account


def _join(session: Session, old: Conversation, same: Conversation) -> None:
    """All in one; the earlier mark of what was read counts, so that nobody misses anything."""
    for table in Base.metadata.sorted_tables:
        for constraint in table.constraints:
            if (
                isinstance(constraint, ForeignKeyConstraint)
                and constraint.referred_table.name == "conversation"
            ):
                column = next(iter(constraint.columns))
                session.execute(update(table).where(column == old.id).values({column.name: same.id}))
    same.read_by_account = min(same.read_by_account, old.read_by_account)
    same.read_by_other = min(same.read_by_other, old.read_by_other)
    newest = max(old, same, key=lambda talk: talk.last_message_id)
    same.last_message_id, same.last_message_at = newest.last_message_id, newest.last_message_at
    session.delete(old)
