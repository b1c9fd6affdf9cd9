"""Tokens of the API: a short access token (JWT, RFC 7519) and a refresh token that is good once.

A program that signs in is a device like a browser. Its access tokens name the device, so that ending the device ends
them at once. Refresh tokens are random and form a chain: each use gives the next; a used one that comes back means
that somebody else has it, and ends the device (OAuth 2.0 Security Best Current Practice, RFC 9700, section 4.14).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt
from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session, contains_eager

from portal.accounts.devices import LONGEST_DESCRIPTION, hash_token
from portal.accounts.errors import InvalidToken, TokenExpired
from portal.accounts.models import Account, Device, DeviceKind, RefreshToken
from portal.core.errors import PortalError

ACCESS_FOR = timedelta(minutes=15)
REFRESH_FOR = timedelta(days=7)
ALGORITHM, AUDIENCE = "HS256", "portal-api"


@dataclass(frozen=True)
class Tokens:
    """A pair for the client. `expires_in` is the access token's life in seconds."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int = int(ACCESS_FOR.total_seconds())


@dataclass(frozen=True)
class Refreshed:
    """The outcome of a try to refresh. A value, so that what a reused token sets off is committed."""

    tokens: Tokens | None = None
    error: PortalError | None = None

    def tokens_or_raise(self) -> Tokens:
        """The new pair; raises the refusal. Call it when the transaction is over."""
        if self.tokens is None:
            raise self.error or InvalidToken()
        return self.tokens


def sign_in_program(
    session: Session, account: Account, *, description: str, secret: str, at: datetime
) -> Tokens:
    """Sign the account in for a program; the tokens are kept nowhere else."""
    device = Device(
        account_id=account.id,
        kind=DeviceKind.API,
        token_hash=hash_token(secrets.token_urlsafe(32)),
        description=description[:LONGEST_DESCRIPTION],
        created_at=at,
        last_seen_at=at,
    )
    session.add(device)
    session.flush()
    return _issue(session, device, secret=secret, at=at)


def refresh(session: Session, token: str, *, secret: str, at: datetime) -> Refreshed:
    """Trade a refresh token for a new pair. Never raises: commit, then ask `tokens_or_raise()`.

    TokenExpired for one whose time is over; InvalidToken for any other that is no good. One that was used before
    ends the device.
    """
    row = session.scalar(
        select(RefreshToken)
        .where(RefreshToken.token_hash == hash_token(token))
        .with_for_update(of=RefreshToken)
        .execution_options(populate_existing=True)
    )
    if row is None or row.device.ended_at is not None or not _may_sign_in(row.device.account):
        return Refreshed(error=InvalidToken())
    if row.used_at is not None:
        row.device.ended_at = at
        return Refreshed(error=InvalidToken())
    if row.expires_at <= at:
        return Refreshed(error=TokenExpired())
    row.used_at = at
    row.device.last_seen_at = at
    return Refreshed(tokens=_issue(session, row.device, secret=secret, at=at))


def device_of_access_token(session: Session, token: str, *, secret: str, at: datetime) -> Device:
    """The device that an access token names, with its account in the same query.

    Raises TokenExpired; InvalidToken for a forged one, and for a device or account that has ended since.
    """
    claims = _claims(token, secret=secret, at=at)
    device = session.scalar(SIGNED_IN, {"device_id": claims["device"]})
    if device is None or str(device.account_id) != claims["sub"]:
        raise InvalidToken
    return device


def sign_out_program(session: Session, token: str, *, at: datetime) -> None:
    """End the device of that refresh token; whoever has it may. Anything else changes nothing."""
    row = session.scalar(select(RefreshToken).where(RefreshToken.token_hash == hash_token(token)))
    if row is not None and row.device.ended_at is None:
        row.device.ended_at = at


def forget_old_tokens(session: Session, *, at: datetime) -> None:
    """Remove refresh tokens whose time is over. Used ones stay until then, so that their reuse is noticed."""
    session.execute(delete(RefreshToken).where(RefreshToken.expires_at < at))


# Built once: it is asked on every request of a program.
SIGNED_IN = (
    select(Device)
    .join(Device.account)
    .options(contains_eager(Device.account))
    .where(
        Device.id == bindparam("device_id"),
        Device.kind == DeviceKind.API,
        Device.ended_at.is_(None),
        Account.is_active,
        Account.deleted_at.is_(None),
    )
)


def _issue(session: Session, device: Device, *, secret: str, at: datetime) -> Tokens:
    refresh_token = secrets.token_urlsafe(32)
    session.add(
        RefreshToken(
            device_id=device.id,
            token_hash=hash_token(refresh_token),
            issued_at=at,
            expires_at=at + REFRESH_FOR,
        )
    )
    claims = {
        "sub": str(device.account_id),
        "device": device.id,
        "aud": AUDIENCE,
        "iat": int(at.timestamp()),
        "exp": int((at + ACCESS_FOR).timestamp()),
        "jti": secrets.token_urlsafe(8),
    }
    return Tokens(jwt.encode(claims, _key(secret), algorithm=ALGORITHM), refresh_token)


def _claims(token: str, *, secret: str, at: datetime) -> dict[str, object]:
    """The claims of a token that we have signed. The time is the clock module's, so PyJWT is not asked for it."""
    try:
        claims: dict[str, object] = jwt.decode(
            token,
            _key(secret),
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            options={"require": ["sub", "device", "exp", "iat"], "verify_exp": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        raise InvalidToken from None
    if not isinstance(claims["device"], int) or not isinstance(claims["exp"], int):
        raise InvalidToken
    if claims["exp"] <= at.timestamp():
        raise TokenExpired
    return claims


def _key(secret: str) -> bytes:
    """Access tokens have a key of their own, made from the deployment's secret."""
    return hmac.new(secret.encode(), b"api access token", hashlib.sha256).digest()


def _may_sign_in(account: Account) -> bool:
    return account.is_active and account.deleted_at is None
