"""Tickets that open one live connection each: they stand in addresses, where a token would end up in logs."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, contains_eager

from portal.accounts.devices import hash_token
from portal.accounts.models import Account, Device, DeviceKind, LiveTicket
from portal.accounts.queries import is_current

GOOD_FOR = timedelta(seconds=30)


def issue(session: Session, device: Device, *, at: datetime) -> str:
    """A ticket for whoever is signed in on the device; it is kept nowhere else."""
    session.execute(delete(LiveTicket).where(LiveTicket.expires_at <= at))
    ticket = secrets.token_urlsafe(32)
    session.add(
        LiveTicket(
            account_id=device.account_id,
            device_id=device.id,
            token_hash=hash_token(ticket),
            expires_at=at + GOOD_FOR,
        )
    )
    session.flush()
    return ticket


def redeem(session: Session, ticket: str, *, at: datetime) -> int | None:
    """The id of the ticket's device, once: of two who come at the same moment one gets it."""
    used = delete(LiveTicket).where(LiveTicket.token_hash == hash_token(ticket), LiveTicket.expires_at > at)
    return session.scalar(used.returning(LiveTicket.device_id))


def still_signed_in(
    session: Session,
    device_ids: Collection[int],
    at: datetime,
    *,
    staff_idle_minutes: int,
    patient_idle_days: int,
) -> dict[int, Device]:
    """Of these devices, with their accounts and in one query, those whose sign-in still stands, by id."""
    found = session.scalars(
        select(Device)
        .join(Device.account)
        .options(contains_eager(Device.account))
        .where(
            Device.id.in_(device_ids),
            Device.ended_at.is_(None),
            Account.is_active,
            Account.deleted_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    return {
        device.id: device
        for device in found
        if device.kind == DeviceKind.API
        or is_current(device, at, staff_idle_minutes=staff_idle_minutes, patient_idle_days=patient_idle_days)
    }
