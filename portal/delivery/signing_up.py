"""Signing up and getting back in by mail, with the counted steps that both doors share."""

from portal.accounts import recovery
from portal.accounts import sign_up as accounts
from portal.accounts.models import Account
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.limits import (
    MAIL_SENT,
    MAILS_OF_ADDRESS,
    PASSWORD_FAILED,
    SIGN_UPS_OF_ADDRESS,
    SIGN_UPS_OF_EMAIL,
)
from portal.core.permissions import Role
from portal.delivery import settings
from portal.delivery.attempts import address, attempts
from portal.delivery.signing_in import counted_as

VERIFY, RESET = "verify-email", "reset-password"


def sign_up(
    *, role: Role, full_name: str, email: str, password: str, username: str | None = None, plan: str = "free"
) -> None:
    """Sign up; the same whether or not the address is known. Raises Invalid, Duplicate, TooManyAttempts."""
    attempts().hit(SIGN_UPS_OF_ADDRESS, address())
    attempts().hit(SIGN_UPS_OF_EMAIL, email.strip().lower())
    in_transaction(
        db.session,
        lambda: accounts.sign_up(
            db.session,
            role=role,
            full_name=full_name,
            email=email,
            password=password,
            username=username,
            plan=plan,
            currency=settings().default_currency,
            time_zone=settings().default_time_zone,
            verify_link=lambda token: link(VERIFY, token),
            at=clock.now(),
        ),
    )


def resend_verification(email: str) -> None:
    """Mail another link, if the address waits for one. Raises Invalid, TooManyAttempts."""
    _count_mail(email)
    in_transaction(
        db.session,
        lambda: accounts.resend_verification(
            db.session, email=email, verify_link=lambda token: link(VERIFY, token), at=clock.now()
        ),
    )


def confirm_email(account: Account) -> None:
    """Mail a link to the account's own address, unless that is confirmed. Raises TooManyAttempts."""
    _count_mail(account.email or "")
    in_transaction(
        db.session,
        lambda: accounts.confirm_email(
            db.session, account, verify_link=lambda token: link(VERIFY, token), at=clock.now()
        ),
    )


def request_reset(email: str) -> None:
    """Mail a link for a new password, if the address has an account. Raises Invalid, TooManyAttempts."""
    _count_mail(email)
    in_transaction(
        db.session,
        lambda: recovery.request_reset(
            db.session, email=email, reset_link=lambda token: link(RESET, token), at=clock.now()
        ),
    )


def reset_password(token: str, password: str) -> Account:
    """Choose a new password by the link that was mailed. Raises LinkInvalid, LinkExpired, Invalid.

    Wrong tries are forgotten: whoever has forgotten a password has often made as many as are allowed.
    """
    account = in_transaction(
        db.session, lambda: recovery.reset_password(db.session, token, password=password, at=clock.now())
    )
    for identifier in filter(None, (account.username, account.email, account.phone)):
        attempts().clear(PASSWORD_FAILED, counted_as(identifier))
    return account


def link(page: str, token: str) -> str:
    """The page that a mail leads to, at the practice's own address whatever the request claims."""
    return f"{settings().public_url}/{page}/{token}"


def _count_mail(email: str) -> None:
    attempts().hit(MAIL_SENT, email.strip().lower())
    attempts().hit(MAILS_OF_ADDRESS, address())
