"""Signing up with an email address and a password. Nobody but the owner of an address learns whether it is known.

The answer, the work and the number of statements are the same for an address that is known and one that is not.
"""

import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.accounts import passwords
from portal.accounts.events import AccountSignedUp, MailWanted, SignUpsReplaced
from portal.accounts.identifiers import optional_username
from portal.accounts.links import new_link, use_link
from portal.accounts.models import Account, Device, LinkPurpose
from portal.accounts.names import Name, clean_name, parse_name
from portal.core.contact import optional_email
from portal.core.errors import Invalid, _
from portal.core.events import publish
from portal.core.permissions import Role

ROLES = (Role.PATIENT, Role.CLINICIAN)
PLANS = ("free", "pro")
NOBODY = "nobody.invalid"


def sign_up(
    session: Session,
    *,
    role: Role,
    full_name: str,
    email: str,
    password: str,
    username: str | None = None,
    plan: str = "free",
    currency: str,
    time_zone: str,
    verify_link: Callable[[str], str],
    at: datetime,
) -> None:
    """Make an account that has yet to confirm its address, and mail it a link.

    An address that somebody has confirmed, or that staff gave an account, gets a mail that says so instead. A sign-up
    of the same address that was never confirmed makes way, with its sign-ins and links: whoever confirms the address
    confirms the newest. `currency` and `time_zone` are for clinicians, until a centre gives them its own. Raises
    Invalid by field and, from `in_transaction`, Duplicate for a username, which people choose to be known by.
    """
    name, address = _checked(role, full_name, email, password, plan)
    username = optional_username(username)
    password_hash = passwords.hash_password(password)
    _wait_for_turn(session, address)
    _make_way(session, address, at)
    is_taken = session.scalar(select(Account.id).where(Account.email == address)) is not None
    with session.begin_nested() as attempt:
        account = Account(
            role=role,
            title=name.title,
            full_name=name.full_name,
            # A taken address takes the same way, as somebody who is not there afterwards.
            email=f"{secrets.token_hex(16)}@{NOBODY}" if is_taken else address,
            username=username,
            password_hash=password_hash,
            plan=plan,
            is_active=True,
            signed_up_at=at,
            created_at=at,
        )
        session.add(account)
        session.flush()
        publish(session, AccountSignedUp(account.id, currency, time_zone, at))
        token = new_link(session, account.id, address, LinkPurpose.VERIFY, at)
        if is_taken:
            attempt.rollback()
    if is_taken:
        publish(session, MailWanted("already-registered", address, "", at))
    else:
        publish(session, MailWanted("verify-email", address, verify_link(token), at))
    session.flush()


def verify_email(session: Session, token: str, *, at: datetime) -> Account:
    """The account whose address is confirmed by this link. Raises LinkInvalid, LinkExpired."""
    link = use_link(session, token, LinkPurpose.VERIFY, at)
    link.account.email_verified_at = link.account.email_verified_at or at
    return link.account


def resend_verification(
    session: Session, *, email: str, verify_link: Callable[[str], str], at: datetime
) -> None:
    """Mail another link to an address that waits to be confirmed; nobody learns whether there is one.

    Raises Invalid.
    """
    address = required_email(email)
    account = session.scalar(
        select(Account).where(
            Account.email == address,
            Account.signed_up_at.is_not(None),
            Account.email_verified_at.is_(None),
            Account.is_active,
            Account.deleted_at.is_(None),
        )
    )
    mail_link(session, account, address, LinkPurpose.VERIFY, kind="verify-email", link_to=verify_link, at=at)


def confirm_email(
    session: Session, account: Account, *, verify_link: Callable[[str], str], at: datetime
) -> None:
    """Mail a link to the address that the practice gave an account, unless it is confirmed."""
    if account.email and account.email_verified_at is None:
        mail_link(
            session,
            account,
            account.email,
            LinkPurpose.VERIFY,
            kind="verify-email",
            link_to=verify_link,
            at=at,
        )


def mail_link(
    session: Session,
    account: Account | None,
    address: str,
    purpose: LinkPurpose,
    *,
    kind: str,
    link_to: Callable[[str], str],
    at: datetime,
) -> None:
    """Make a link for the account and mail it. Without one the same rows are written, and taken back."""
    somebody = session.scalar(select(func.min(Account.id)))
    if somebody is None:
        return
    with session.begin_nested() as attempt:
        token = new_link(session, account.id if account else somebody, address, purpose, at)
        publish(session, MailWanted(kind, address, link_to(token), at))
        session.flush()
        if account is None:
            attempt.rollback()


def required_email(text: str) -> str:
    """The address in lower case; raises Invalid."""
    address = optional_email(text)
    if address is None:
        raise Invalid(details={"email": _("Enter an email address, such as name@example.org.")})
    return address


def _checked(role: Role, full_name: str, email: str, password: str, plan: str) -> tuple[Name, str]:
    if role not in ROLES:
        raise Invalid(details={"role": _("You can sign up as a patient or as a clinician.")})
    if plan not in PLANS:
        raise Invalid(details={"plan": _("Choose one of the plans.")})
    name = parse_name(clean_name(full_name))
    address = required_email(email)
    passwords.check_policy(password)
    return name, address


def _wait_for_turn(session: Session, address: str) -> None:
    """Of two at once with one address, the second replaces the first: a refusal would tell that it was new."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sign-up {address}", 0))))


def _make_way(session: Session, address: str, at: datetime) -> None:
    """Remove sign-ups of this address that nobody confirmed; their rows stay, without what they signed in with.

    Who has proved a phone meanwhile signs in with that, and goes on without the address.
    """
    unconfirmed = (
        (Account.email == address) & Account.signed_up_at.is_not(None) & Account.email_verified_at.is_(None)
    )
    has_phone = Account.phone_verified_at.is_not(None)
    session.execute(
        update(Account)
        .where(unconfirmed, has_phone, Account.role == Role.PATIENT)
        .values(email=None)
        .execution_options(synchronize_session="fetch")
    )
    gone = {
        "email": None,
        "username": None,
        "password_hash": None,
        "is_active": False,
        "deleted_at": at,
    }
    ids = list(
        session.scalars(update(Account).where(unconfirmed, ~has_phone).values(gone).returning(Account.id))
    )
    session.execute(
        update(Device).where(Device.account_id.in_(ids), Device.ended_at.is_(None)).values(ended_at=at)
    )
    publish(session, SignUpsReplaced(tuple(ids), at))
