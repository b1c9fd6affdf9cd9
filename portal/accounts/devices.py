"""Devices: where an account is signed in, and how that ends."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, case, or_, select, update
from sqlalchemy.orm import Session, contains_eager

from portal.accounts.models import Account, Audience, Device, DeviceKind
from portal.core.errors import NotFound
from portal.core.permissions import Role

LONGEST_DESCRIPTION = 200
TOUCHED_EVERY = timedelta(minutes=1)
# However busy a browser is, after this time people show again who they are.
LONGEST_SIGN_IN = {Audience.STAFF: timedelta(hours=12), Audience.PATIENT: timedelta(days=90)}
LONGEST_UNUSED_PROGRAM = timedelta(days=7)


def hash_token(token: str) -> str:
    """What is stored of a device's token. The token is random and long, so that a plain hash will do."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in_device(session: Session, account: Account, *, description: str, at: datetime) -> str:
    """Sign the account in on a new device; returns the token, which is kept nowhere else."""
    token = secrets.token_urlsafe(32)
    device = Device(
        account_id=account.id,
        token_hash=hash_token(token),
        description=description[:LONGEST_DESCRIPTION],
        created_at=at,
        last_seen_at=at,
    )
    session.add(device)
    return token


def is_due_for_touch(device: Device, at: datetime) -> bool:
    """Was the device last noted as seen long enough ago to note it again?"""
    return device.last_seen_at <= at - TOUCHED_EVERY


def touch_device(session: Session, device: Device, at: datetime) -> None:
    """Note that the device was used."""
    session.execute(
        update(Device).where(Device.id == device.id, Device.last_seen_at < at).values(last_seen_at=at)
    )


def sign_out(session: Session, token: str, at: datetime) -> None:
    """End the sign-in of that token; one that has ended or never was changes nothing."""
    session.execute(
        update(Device)
        .where(Device.token_hash == hash_token(token), Device.ended_at.is_(None))
        .values(ended_at=at)
    )


def sign_out_everywhere(session: Session, account: Account, at: datetime) -> None:
    """End the sign-in of the account on all devices."""
    session.execute(
        update(Device).where(Device.account_id == account.id, Device.ended_at.is_(None)).values(ended_at=at)
    )


def devices_of(session: Session, account_id: int, *, at: datetime) -> Sequence[Device]:
    """Where the account is signed in, the device used last first: browsers, and programs that can still refresh."""
    earliest = case(
        (Account.role == Role.PATIENT, at - LONGEST_SIGN_IN[Audience.PATIENT]),
        else_=at - LONGEST_SIGN_IN[Audience.STAFF],
    )
    is_alive = or_(
        and_(Device.kind == DeviceKind.BROWSER, Device.created_at > earliest),
        and_(Device.kind == DeviceKind.API, Device.last_seen_at > at - LONGEST_UNUSED_PROGRAM),
    )
    found = (
        select(Device)
        .join(Device.account)
        .options(contains_eager(Device.account))
        .where(Device.account_id == account_id, Device.ended_at.is_(None), is_alive)
    )
    return session.scalars(found.order_by(Device.last_seen_at.desc(), Device.id.desc())).all()


def end_device(session: Session, account_id: int, device_id: int, *, at: datetime) -> None:
    """End one sign-in of the account; one that has ended changes nothing. Raises NotFound for anybody else's."""
    device = session.scalar(select(Device).where(Device.id == device_id, Device.account_id == account_id))
    if device is None:
        raise NotFound
    device.ended_at = device.ended_at or at
