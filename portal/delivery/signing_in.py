"""Signing in with the counted steps that both doors share: send a code, try a code, try a password."""

from collections.abc import Callable
from typing import TypeVar

from portal.accounts import commands, passwords, recovery
from portal.accounts.codes import Redeemed
from portal.accounts.errors import InvalidCredentials
from portal.accounts.models import Account, Audience
from portal.bootstrap import db
from portal.core import clock
from portal.core.contact import parse_phone
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.core.limits import (
    ADDRESS_FAILED,
    CODE_COOL_DOWN,
    CODE_FAILED_PHONE,
    CODE_SENT,
    CODES_OF_ADDRESS,
    PASSWORD_FAILED,
)
from portal.core.permissions import Actor
from portal.delivery import settings
from portal.delivery.attempts import address, attempts

T = TypeVar("T")


def send_code(phone: str, audience: Audience, full_name: str = "") -> None:
    """Send a code to a phone (E.164); the same whether or not anybody has it. Raises TooManyAttempts, Invalid."""
    key = f"{phone}|{audience}"
    attempts().hit(CODE_COOL_DOWN, key)
    attempts().hit(CODES_OF_ADDRESS, address())
    attempts().hit(CODE_SENT, key)
    in_transaction(
        db.session,
        lambda: commands.send_code(
            db.session,
            phone=phone,
            audience=audience,
            full_name=full_name,
            at=clock.now(),
            minutes=settings().code_minutes,
        ),
    )


def try_code(phone: str, audience: Audience, code: str) -> Redeemed:
    """The account whose code it is. Raises InvalidCode, CodeExpired. To be called inside `counted`."""
    redeemed = in_transaction(
        db.session,
        lambda: commands.redeem_code(db.session, phone=phone, audience=audience, code=code, at=clock.now()),
    )
    redeemed.account_or_raise()
    return redeemed


def try_phone(phone: str, audience: Audience, code: str) -> None:
    """Raises InvalidCode or CodeExpired unless whoever typed the code holds the phone. To be called in `counted`."""
    refusal = in_transaction(
        db.session,
        lambda: commands.prove_phone(db.session, phone=phone, audience=audience, code=code, at=clock.now()),
    )
    if refusal is not None:
        raise refusal


def check_password(
    identifier: str, password: str, *, may_enter: Callable[[Account], bool] = lambda _account: True
) -> Account:
    """The account. Raises InvalidCredentials, TooManyAttempts; the try is counted, however the name is written.

    Somebody who may not enter by this door is told what is said of a wrong password.
    """
    counted_by = ((PASSWORD_FAILED, counted_as(identifier)), (ADDRESS_FAILED, address()))
    with attempts().counting_failures(*counted_by):
        account = in_transaction(
            db.session,
            lambda: commands.check_password(
                db.session,
                identifier=identifier,
                password=password,
                region=settings().default_region,
                at=clock.now(),
            ),
        ).account_or_raise()
        if not may_enter(account):
            raise InvalidCredentials
        return account


def change_password(
    account: Account, *, current: str, new: str, by: Actor, keep_device_id: int | None
) -> None:
    """Change one's own password. Wrong present ones are counted. Raises Invalid by field, TooManyAttempts."""
    passwords.check_policy(new, field="new_password")
    with attempts().counting_failures((PASSWORD_FAILED, f"account {account.id}")):
        in_transaction(
            db.session,
            lambda: recovery.change_password(
                db.session,
                account,
                current=current,
                new=new,
                by=by,
                keep_device_id=keep_device_id,
                at=clock.now(),
            ),
        )


def counted(phone: str, work: Callable[[], T]) -> T:
    """Count a try of a code; what `work` raises is the failure."""
    with attempts().counting_failures((CODE_FAILED_PHONE, phone), (ADDRESS_FAILED, address())):
        return work()


def counted_as(identifier: str) -> str:
    """One key for all the ways to write a phone or a name."""
    try:
        return parse_phone(identifier, region=settings().default_region)
    except Invalid:
        return identifier.strip().lower()
