"""Sign-in by a code sent to a phone."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts.errors import CodeExpired, InvalidCode
from portal.accounts.events import CodeSent, PatientSignedUp
from portal.accounts.models import Account, Audience, OneTimeCode
from portal.accounts.names import clean_name
from portal.core.errors import PortalError
from portal.core.events import publish
from portal.core.permissions import Role

MOST_WRONG_TRIES = 5
KEPT_FOR = timedelta(days=1)
CHANNELS = {Audience.PATIENT: "WHATSAPP", Audience.STAFF: "SMS"}


@dataclass(frozen=True)
class Redeemed:
    """The outcome of a try to sign in: an account or the refusal. A value, so that a counted try is committed."""

    account: Account | None = None
    error: PortalError | None = None
    is_new: bool = False

    def account_or_raise(self) -> Account:
        """The account; raises the refusal. Call it when the transaction is over."""
        if self.account is None:
            raise self.error or InvalidCode()
        return self.account


def send_code(
    session: Session, *, phone: str, audience: Audience, full_name: str = "", at: datetime, minutes: int
) -> OneTimeCode:
    """Make a code for a phone (E.164) that is valid for `minutes`, and ask for it to be sent.

    Earlier codes of the phone for that audience end. A phone that may not sign in gets a code too, which is never
    sent: nothing in the answer, the later refusals or the time taken tells who has an account. Raises Invalid for
    a name that cannot be one.
    """
    name = clean_name(full_name) if full_name.strip() else ""
    digits = f"{secrets.randbelow(10**6):06}"
    session.execute(delete(OneTimeCode).where(OneTimeCode.phone == phone, OneTimeCode.audience == audience))
    code = OneTimeCode(
        phone=phone,
        audience=audience,
        code_hash=_hashed(digits, secrets.token_hex(16)),
        full_name=name,
        created_at=at,
        expires_at=at + timedelta(minutes=minutes),
        wrong_tries=0,
    )
    session.add(code)
    may_sign_in = _may_sign_in(_account_of(session, phone, audience), audience)
    # Both ways write the same rows; for a phone that may not sign in they are taken back.
    with session.begin_nested() as sending:
        publish(session, CodeSent(phone, audience, CHANNELS[audience], digits, minutes, at))
        if not may_sign_in:
            session.flush()
            sending.rollback()
    return code


def redeem_code(session: Session, *, phone: str, audience: Audience, code: str, at: datetime) -> Redeemed:
    """Try a code. The right one, in time and once, gives the account; for a patient's new phone it makes one.

    Never raises for a wrong code: commit, then ask `account_or_raise()`. A new account's `full_name` is empty when
    no name was given with the phone and the desk does not know the person either.
    """
    row = _latest(session, phone, audience)
    error = _tried(row, code, at)
    if row is None or error is not None:
        return Redeemed(error=error)
    return _sign_in_or_up(session, row, audience, at)


def prove_phone(
    session: Session, *, phone: str, audience: Audience, code: str, at: datetime
) -> PortalError | None:
    """Try a code for its own sake: None when whoever typed it holds the phone, else the refusal.

    Counts and uses up codes like signing in; commit before raising.
    """
    return _tried(_latest(session, phone, audience), code, at)


def forget_old_codes(session: Session, *, at: datetime) -> None:
    """Remove the codes that ended more than a day ago."""
    session.execute(delete(OneTimeCode).where(OneTimeCode.expires_at < at - KEPT_FOR))


def _latest(session: Session, phone: str, audience: Audience) -> OneTimeCode | None:
    return session.scalar(
        select(OneTimeCode)
        .where(OneTimeCode.phone == phone, OneTimeCode.audience == audience)
        .order_by(OneTimeCode.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _tried(row: OneTimeCode | None, code: str, at: datetime) -> PortalError | None:
    """Use the code up if it is the right one, count the try if it is not; why it is refused, or None."""
    if row is None or row.used_at is not None or row.wrong_tries >= MOST_WRONG_TRIES:
        return InvalidCode()
    if row.expires_at <= at:
        return CodeExpired()
    if not _is_right(row, code):
        row.wrong_tries += 1
        return InvalidCode()
    row.used_at = at
    return None


def _sign_in_or_up(session: Session, row: OneTimeCode, audience: Audience, at: datetime) -> Redeemed:
    account = _account_of(session, row.phone, audience)
    if not _may_sign_in(account, audience):
        return Redeemed(error=InvalidCode())
    if account is not None:
        account.phone_verified_at = account.phone_verified_at or at
        return Redeemed(account=account)
    account = Account(
        role=Role.PATIENT, phone=row.phone, full_name=row.full_name, phone_verified_at=at, created_at=at
    )
    session.add(account)
    session.flush()
    publish(session, PatientSignedUp(account.id, at))
    return Redeemed(account=account, is_new=True)


def _account_of(session: Session, phone: str, audience: Audience) -> Account | None:
    is_patient = Account.role == Role.PATIENT
    return session.scalar(
        select(Account).where(
            Account.phone == phone, is_patient if audience is Audience.PATIENT else ~is_patient
        )
    )


def _may_sign_in(account: Account | None, audience: Audience) -> bool:
    """A patient's phone that is new may: that is how patients sign up."""
    if account is None:
        return audience is Audience.PATIENT
    return account.is_active and account.deleted_at is None


def _hashed(digits: str, salt: str) -> str:
    return f"{salt}${hmac.new(salt.encode(), digits.encode(), hashlib.sha256).hexdigest()}"


def _is_right(row: OneTimeCode, typed: str) -> bool:
    salt = row.code_hash.partition("$")[0]
    digits = "".join(filter(str.isdecimal, typed))
    return hmac.compare_digest(_hashed(digits, salt), row.code_hash)
