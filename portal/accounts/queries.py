"""Whom one may find among accounts, and who is signed in on a device."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, func, or_, select, true
from sqlalchemy.orm import Session, contains_eager

from portal.accounts.devices import LONGEST_SIGN_IN, hash_token
from portal.accounts.models import Account, Audience, Device, DeviceKind
from portal.accounts.staff import STAFF_ROLES
from portal.core.db import like_pattern
from portal.core.errors import NotFound
from portal.core.pagination import DEFAULT_LIMIT, Page, paginate
from portal.core.permissions import RANK, Actor, Role

# Built once: it is asked on every request of somebody signed in.
SIGNED_IN = (
    select(Device)
    .join(Device.account)
    .options(contains_eager(Device.account))
    .where(
        Device.token_hash == bindparam("token_hash"),
        Device.kind == DeviceKind.BROWSER,
        Device.ended_at.is_(None),
        Account.is_active,
        Account.deleted_at.is_(None),
    )
)

# As people are addressed, where no account is read whole: "Dr Jane Smith".
ADDRESSED_AS = func.concat_ws(" ", func.nullif(Account.title, ""), Account.full_name)


def device_for(
    session: Session,
    token: str,
    at: datetime,
    *,
    staff_idle_minutes: int,
    patient_idle_days: int,
    statement: Select[Device] = SIGNED_IN,
) -> Device | None:
    """The device with that token and, in the same query, its account, if it is still signed in and may be.

    `statement` may ask for more than SIGNED_IN does.
    Signed out, unused for too long, signed in too long ago, or of an account switched off or deleted: nobody.
    """
    device = session.scalar(statement, {"token_hash": hash_token(token)})
    if device is None:
        return None
    still = is_current(device, at, staff_idle_minutes=staff_idle_minutes, patient_idle_days=patient_idle_days)
    return device if still else None


def is_current(device: Device, at: datetime, *, staff_idle_minutes: int, patient_idle_days: int) -> bool:
    """Is a browser still signed in, by the time it was last used and by that of its sign-in?"""
    audience = device.account.audience
    idle = (
        timedelta(minutes=staff_idle_minutes)
        if audience is Audience.STAFF
        else timedelta(days=patient_idle_days)
    )
    return device.last_seen_at > at - idle and device.created_at > at - LONGEST_SIGN_IN[audience]


def staff_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Colleagues other than clinicians: all for a super admin, non-admins for an admin, lower roles for a manager."""
    if actor.role not in {Role.ADMIN, Role.MANAGER}:
        return false()
    rank = RANK[actor.role]
    seen = [
        role for role in STAFF_ROLES if RANK[role] > rank or (role is Role.ADMIN and actor.is_super_admin)
    ]
    return and_(or_(Account.role.in_(seen), Account.id == actor.account_id), Account.deleted_at.is_(None))


def staff_listed(
    actor: Actor, *, role: Role | None = None, centre_id: int | None = None, search: str = ""
) -> Select[Account]:
    """The statement behind every list of colleagues: those whom the actor may see, by name.

    `search` finds part of a name, email, username or phone.
    """
    found = select(Account).where(
        staff_visible_to(actor),
        Account.role == role if role else true(),
        Account.centre_id == centre_id if centre_id else true(),
        _contains(search) if search.strip() else true(),
    )
    return found.order_by(func.lower(Account.full_name), Account.id)


def search_staff(
    session: Session,
    actor: Actor,
    *,
    role: Role | None = None,
    centre_id: int | None = None,
    search: str = "",
    page: int = 1,
    limit: int = DEFAULT_LIMIT,
) -> Page[Account]:
    """A page of that list."""
    found = staff_listed(actor, role=role, centre_id=centre_id, search=search)
    return paginate(session, found, page, limit)


def get_visible_staff(session: Session, actor: Actor, account_id: int) -> Account:
    """The colleague's account; raises NotFound unless the actor may see it."""
    account = session.scalar(select(Account).where(Account.id == account_id, staff_visible_to(actor)))
    if account is None:
        raise NotFound
    return account


def _contains(text: str) -> ColumnElement[bool]:
    pattern = like_pattern(text)
    columns = (Account.full_name, Account.email, Account.username, Account.phone)
    return or_(*(column.ilike(pattern) for column in columns))
