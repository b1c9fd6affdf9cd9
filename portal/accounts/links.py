"""Links sent by mail that prove who holds an address: random, hashed at rest, short-lived, used once."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts.devices import hash_token
from portal.accounts.errors import LinkExpired, LinkInvalid
from portal.accounts.models import Account, EmailLink, LinkPurpose

VALID_FOR = {LinkPurpose.VERIFY: timedelta(hours=24), LinkPurpose.RESET: timedelta(hours=1)}
KEPT_FOR = timedelta(days=1)


def new_link(session: Session, account_id: int, email: str, purpose: LinkPurpose, at: datetime) -> str:
    """Make a link, which ends the earlier ones of its purpose; returns the token, kept nowhere else."""
    end_links(session, account_id, purpose, at)
    token = secrets.token_urlsafe(32)
    link = EmailLink(
        account_id=account_id,
        purpose=purpose,
        email=email,
        token_hash=hash_token(token),
        created_at=at,
        expires_at=at + VALID_FOR[purpose],
    )
    session.add(link)
    session.flush()
    return token


def use_link(session: Session, token: str, purpose: LinkPurpose, at: datetime) -> EmailLink:
    """Use a link up; raises LinkInvalid for one that never was or was used, LinkExpired for a late one.

    A link proves who holds the address it went to: it is not valid for an account that has another one by now.
    """
    link = session.scalar(
        select(EmailLink)
        .where(EmailLink.token_hash == hash_token(token), EmailLink.purpose == purpose)
        .with_for_update(of=EmailLink)
        .execution_options(populate_existing=True)
    )
    if link is None or link.used_at is not None or not _may_sign_in(link.account):
        raise LinkInvalid
    if link.email != link.account.email:
        raise LinkInvalid
    if link.expires_at <= at:
        raise LinkExpired
    link.used_at = at
    return link


def end_links(session: Session, account_id: int, purpose: LinkPurpose, at: datetime) -> None:
    """Make the links of an account for that purpose good for nothing."""
    session.execute(
        update(EmailLink)
        .where(EmailLink.account_id == account_id, EmailLink.purpose == purpose, EmailLink.used_at.is_(None))
        .values(used_at=at)
    )


def forget_old_links(session: Session, *, at: datetime) -> None:
    """Remove links that ended more than a day ago."""
    session.execute(delete(EmailLink).where(EmailLink.expires_at < at - KEPT_FOR))


def _may_sign_in(account: Account) -> bool:
    return account.is_active and account.deleted_at is None
