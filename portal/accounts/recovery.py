"""Passwords that were forgotten, or are to be others."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from portal.accounts import passwords
from portal.accounts.devices import sign_out_everywhere
from portal.accounts.events import StaffChanged
from portal.accounts.links import end_links, use_link
from portal.accounts.models import Account, Device, LinkPurpose
from portal.accounts.sign_up import mail_link, required_email
from portal.core.errors import Invalid, _
from portal.core.events import publish
from portal.core.permissions import Actor


def request_reset(session: Session, *, email: str, reset_link: Callable[[str], str], at: datetime) -> None:
    """Mail a link that is good for an hour. Nobody learns whether the address has an account. Raises Invalid.

    An address that was typed and never confirmed gives no way into an account with a phone that was proved: it would
    be shared with whoever holds that.
    """
    address = required_email(email)
    is_theirs = or_(
        Account.signed_up_at.is_(None),
        Account.email_verified_at.is_not(None),
        Account.phone_verified_at.is_(None),
    )
    account = session.scalar(
        select(Account).where(
            Account.email == address, is_theirs, Account.is_active, Account.deleted_at.is_(None)
        )
    )
    mail_link(session, account, address, LinkPurpose.RESET, kind="password-reset", link_to=reset_link, at=at)


def reset_password(session: Session, token: str, *, password: str, at: datetime) -> Account:
    """Give the account of the link a new password, and end all its sign-ins and other links.

    Whoever had the mail holds the address, so it is confirmed by this too. Raises LinkInvalid, LinkExpired; Invalid
    against the policy, which uses up no link.
    """
    passwords.check_policy(password)
    link = use_link(session, token, LinkPurpose.RESET, at)
    account = link.account
    account.password_hash = passwords.hash_password(password)
    account.email_verified_at = account.email_verified_at or at
    end_links(session, account.id, LinkPurpose.RESET, at)
    sign_out_everywhere(session, account, at)
    return account


def change_password(
    session: Session,
    account: Account,
    *,
    current: str,
    new: str,
    by: Actor,
    keep_device_id: int | None,
    at: datetime,
) -> None:
    """Change one's own password; all sign-ins but the one that is kept end. Raises Invalid by field.

    Who has signed in by code only until now sets a first password, and needs no present one.
    """
    if account.password_hash is not None and not passwords.verify(account.password_hash, current):
        raise Invalid(details={"current_password": _("That is not your present password.")})
    passwords.check_policy(new, field="new_password")
    account.password_hash = passwords.hash_password(new)
    ended = update(Device).where(Device.account_id == account.id, Device.ended_at.is_(None))
    if keep_device_id is not None:
        ended = ended.where(Device.id != keep_device_id)
    session.execute(ended.values(ended_at=at))
    end_links(session, account.id, LinkPurpose.RESET, at)
    if account.role_name.is_staff:
        publish(session, StaffChanged(account.id, "staff.change-own-password", by, at))
