"""What can be done with accounts: sign in and out, passwords, and the accounts of staff."""

import re
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from portal.accounts import passwords
from portal.accounts.codes import Redeemed, forget_old_codes, prove_phone, redeem_code, send_code
from portal.accounts.devices import sign_in_device, sign_out, sign_out_everywhere, touch_device
from portal.accounts.errors import InvalidCredentials
from portal.accounts.events import StaffChanged
from portal.accounts.models import Account
from portal.accounts.staff import create_staff, delete_staff, edit_staff, set_staff_active
from portal.core.contact import parse_phone
from portal.core.errors import Invalid
from portal.core.events import publish
from portal.core.permissions import Actor

__all__ = [
    "Redeemed",
    "check_password",
    "create_staff",
    "delete_staff",
    "edit_staff",
    "forget_old_codes",
    "prove_phone",
    "redeem_code",
    "send_code",
    "set_password",
    "set_staff_active",
    "sign_in_device",
    "sign_out",
    "sign_out_everywhere",
    "touch_device",
]

PHONE_LIKE = re.compile(r"\+?[\d\s().-]+")


def check_password(
    session: Session,
    *,
    identifier: str,
    password: str,
    at: datetime,  # noqa: ARG001  every command is told the time
    region: str | None = None,
) -> Redeemed:
    """Try a password for a username, an email address or a phone (of `region` unless it names its country).

    A phone may belong to a patient and to a colleague: the password tells whom is meant. Never raises; the refusal
    and the time taken are the same whatever was wrong.
    """
    candidates = _candidates(session, identifier.strip(), region)
    # All of them are verified, so that the time taken does not depend on which one it is.
    right = [account for account in candidates if _is_right(account, password)]
    account = next(iter(right), None)
    if account is None:
        return Redeemed(error=InvalidCredentials())
    if account.password_hash and passwords.needs_rehash(account.password_hash):
        account.password_hash = passwords.hash_password(password)
    return Redeemed(account=account)


def set_password(session: Session, account: Account, *, password: str, by: Actor, at: datetime) -> None:
    """Give the account a new password and end all its sign-ins; raises Invalid against the policy."""
    passwords.check_policy(password)
    account.password_hash = passwords.hash_password(password)
    sign_out_everywhere(session, account, at)
    if account.role_name.is_staff:
        publish(session, StaffChanged(account.id, "staff.set-password", by, at))


def _candidates(session: Session, identifier: str, region: str | None) -> list[Account | None]:
    """The accounts that the identifier may mean, filled up with nobody: one, or two for a phone."""
    is_phone = PHONE_LIKE.fullmatch(identifier) is not None
    meant = _has_phone(identifier, region) if is_phone else _has_name(identifier.lower())
    found = session.scalars(select(Account).where(meant).order_by(Account.id)).all()
    return [*found, *[None] * ((2 if is_phone else 1) - len(found))]


def _has_name(name: str) -> ColumnElement[bool]:
    return or_(Account.username == name, Account.email == name)


def _has_phone(text: str, region: str | None) -> ColumnElement[bool]:
    try:
        return Account.phone == parse_phone(text, region=region)
    except Invalid:
        return Account.phone == text


def _is_right(account: Account | None, password: str) -> bool:
    may_sign_in = account is not None and account.is_active and account.deleted_at is None
    return passwords.verify(account.password_hash if account else None, password) and may_sign_in
