"""Messages about signing in, and the outbox's own housekeeping."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.accounts.events import CodeSent, MailWanted
from portal.notifications.models import Delivery
from portal.notifications.templates import Mail, account_mail, decision_mail, sign_in_code
from portal.people.events import ClinicianDecided
from portal.people.models import Clinician

SIGN_IN_CODE = "sign-in-code"
SECRET = (SIGN_IN_CODE, "verify-email", "password-reset")
CODES_KEPT_FOR = timedelta(days=1)


def code_sent(session: Session, event: CodeSent) -> None:
    """Subscriber: put the code into the outbox."""
    session.add(
        Delivery(
            kind=SIGN_IN_CODE,
            channel=event.channel,
            recipient=event.phone,
            text=sign_in_code(event.code, event.minutes),
            code=event.code,
            created_at=event.at,
        )
    )


def mail_wanted(session: Session, event: MailWanted) -> None:
    """Subscriber: put a mail about an account into the outbox."""
    mail = account_mail(event.kind, event.link)
    _mail(session, event.kind, event.email, mail, event.at)


def tell_decision(session: Session, event: ClinicianDecided) -> None:
    """Subscriber: tell a clinician what the practice has decided, by mail or, without an address, by text."""
    account = session.get_one(Clinician, event.clinician_id).account
    mail = decision_mail(is_approved=event.is_approved, reason=event.reason)
    recipient = account.email or account.phone
    if recipient is not None:
        kind = "clinician-approved" if event.is_approved else "clinician-rejected"
        channel = "EMAIL" if account.email else "SMS"
        _mail(session, kind, recipient, mail, event.at, channel=channel)


def forget_old_codes(session: Session, *, at: datetime) -> None:
    """Keep that a code or a link was sent, but no longer which."""
    session.execute(
        update(Delivery)
        .where(Delivery.kind.in_(SECRET), Delivery.created_at < at - CODES_KEPT_FOR, Delivery.text != "")
        .values(code=None, text="")
    )


def _mail(
    session: Session, kind: str, recipient: str, mail: Mail, at: datetime, *, channel: str = "EMAIL"
) -> None:
    session.add(
        Delivery(
            kind=kind,
            channel=channel,
            recipient=recipient,
            subject=mail.subject,
            text=mail.body,
            created_at=at,
        )
    )
