"""Messages about signing in, and the outbox's own housekeeping."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.accounts.events import CodeSent
from portal.notifications.models import Message
from portal.notifications.templates import sign_in_code

SIGN_IN_CODE = "sign-in-code"
CODES_KEPT_FOR = timedelta(days=1)


def code_sent(session: Session, event: CodeSent) -> None:
    """Subscriber: put the code into the outbox."""
    session.add(
        Message(
            kind=SIGN_IN_CODE,
            channel=event.channel,
            recipient=event.phone,
            text=sign_in_code(event.code, event.minutes),
            code=event.code,
            created_at=event.at,
        )
    )


def forget_old_codes(session: Session, *, at: datetime) -> None:
    """Keep that a code was sent, but no longer which."""
    session.execute(
        update(Message)
        .where(
            Message.kind == SIGN_IN_CODE, Message.created_at < at - CODES_KEPT_FOR, Message.code.is_not(None)
        )
        .values(code=None, text="")
    )
