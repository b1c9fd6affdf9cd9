"""Messages about accounts, which carry their words from the start; and the housekeeping of what was sent."""

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from portal.accounts.events import CodeSent, MailWanted
from portal.notifications import kinds, policy
from portal.notifications.inbox import tell
from portal.notifications.kinds import Kind
from portal.notifications.models import Channel, Delivery
from portal.notifications.news import DEFAULT_LANGUAGE
from portal.notifications.wording import IN_APP, in_app, words
from portal.people.events import ClinicianDecided
from portal.people.models import Clinician

CODES_KEPT_FOR = timedelta(days=1)


def code_sent(session: Session, event: CodeSent) -> None:
    """Subscriber: send the code, at once and whatever the recipient has chosen."""
    values = {"code": event.code, "minutes": str(event.minutes)}
    useful_until = event.at + timedelta(minutes=event.minutes)
    row = _row(
        session, Kind.SIGN_IN_CODE, event.channel, event.phone, values, at=event.at, useful_until=useful_until
    )
    row.code = event.code


def mail_wanted(session: Session, event: MailWanted) -> None:
    """Subscriber: send a mail about an account, at once. It names nobody: the address may have been mistyped."""
    useful_until = event.at + kinds.LINK_USEFUL
    _row(
        session,
        event.kind,
        Channel.EMAIL,
        event.email,
        {"link": event.link},
        at=event.at,
        useful_until=useful_until,
    )


def tell_decision(session: Session, event: ClinicianDecided) -> None:
    """Subscriber: tell a clinician what the practice has decided, by mail or, without an address, by text."""
    clinician = session.get_one(Clinician, event.clinician_id)
    account = clinician.account
    kind = Kind.CLINICIAN_APPROVED if event.is_approved else Kind.CLINICIAN_REJECTED
    link = f"{policy.current().public_url}/account/waiting"
    values = {"clinician": clinician.full_name, "reason": event.reason, "link": link}
    channel, recipient = (Channel.EMAIL, account.email) if account.email else (Channel.SMS, account.phone)
    if recipient:
        row = _row(session, kind, channel, recipient, values, at=event.at)
        row.account_id = account.id
    title, text = in_app(kind, DEFAULT_LANGUAGE, values)
    tell(session, account.id, IN_APP[kind], title, text, action="", related_id=clinician.id, at=event.at)


def forget_old_codes(session: Session, *, at: datetime) -> None:
    """Keep that a code or a link was sent, but no longer which."""
    before = at - CODES_KEPT_FOR
    is_old = or_(
        Delivery.kind.in_(kinds.SECRET) & (Delivery.created_at < before),
        Delivery.kind.in_(kinds.SECRET_ONCE_SENT) & (Delivery.sent_at < before),
    )
    session.execute(update(Delivery).where(is_old, Delivery.text != "").values(code=None, text=""))


def _row(
    session: Session,
    kind: str,
    channel: str,
    recipient: str,
    values: dict[str, str],
    *,
    at: datetime,
    useful_until: datetime | None = None,
) -> Delivery:
    said = words(session, kind, channel, DEFAULT_LANGUAGE, values)
    row = Delivery(
        kind=kind,
        channel=channel,
        recipient=recipient,
        subject=said.subject,
        text=said.text,
        is_urgent=True,
        due_at=at,
        useful_until=useful_until,
        created_at=at,
    )
    session.add(row)
    return row
