"""The accounts of people who work here, clinicians apart: those are made with their profile (see people)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import passwords
from portal.accounts.devices import sign_out_everywhere
from portal.accounts.errors import AlreadySetUp, LastAdmin, NotYourself
from portal.accounts.events import StaffChanged
from portal.accounts.identifiers import optional_username
from portal.accounts.models import Account
from portal.accounts.names import clean_name, parse_name
from portal.core.contact import optional_email, optional_phone
from portal.core.errors import Forbidden, Invalid, _
from portal.core.events import publish
from portal.core.permissions import RANK, SYSTEM, Actor, Role

STAFF_ROLES = (Role.ADMIN, Role.MANAGER, Role.CENTRE_MANAGER, Role.CARE_COORDINATOR, Role.FRONT_DESK)


def create_staff(
    session: Session,
    *,
    by: Actor,
    role: Role,
    full_name: str,
    phone: str | None,
    email: str | None,
    username: str | None,
    password: str | None,
    centre_id: int | None,
    at: datetime,
    is_super_admin: bool = False,
) -> Account:
    """Make an account for a colleague. A manager makes front desks only; an ADMIN is made by a super admin.

    Raises Forbidden for a role that is not `by`'s to give, Invalid for fields that cannot be used and, from
    `in_transaction`, Duplicate naming the field. Only the system makes super admins.
    """
    _check_may_give(by, role)
    if is_super_admin and not by.is_system:
        raise Forbidden
    account = Account(is_super_admin=is_super_admin, is_active=True, created_at=at)
    _describe(
        account,
        role=role,
        full_name=full_name,
        phone=phone,
        email=email,
        username=username,
        centre_id=centre_id,
    )
    if password is not None:
        passwords.check_policy(password)
        account.password_hash = passwords.hash_password(password)
    session.add(account)
    session.flush()
    publish(session, StaffChanged(account.id, "staff.create", by, at))
    return account


def create_first_super_admin(
    session: Session, *, full_name: str, email: str, password: str, at: datetime
) -> Account:
    """The first account that may make other administrators; raises AlreadySetUp once there is one."""
    is_there = Account.is_super_admin & Account.deleted_at.is_(None)
    if session.scalar(select(Account.id).where(is_there).limit(1)) is not None:
        raise AlreadySetUp
    return create_staff(
        session,
        by=SYSTEM,
        role=Role.ADMIN,
        full_name=full_name,
        phone=None,
        email=email,
        username=None,
        password=password,
        centre_id=None,
        is_super_admin=True,
        at=at,
    )


def edit_staff(
    session: Session,
    account: Account,
    *,
    by: Actor,
    role: Role,
    full_name: str,
    phone: str | None,
    email: str | None,
    username: str | None,
    centre_id: int | None,
    at: datetime,
) -> Account:
    """Replace what is known of a colleague. The last administrator keeps the role; nobody changes their own.

    Raises as `create_staff`, and LastAdmin or NotYourself.
    """
    _check_may_manage(by, account)
    if role is not account.role_name:
        _check_not_oneself(by, account)
        _check_may_give(by, role)
        _check_not_last_admin(session, account)
        account.is_super_admin = False
    before = _facts(account)
    _describe(
        account,
        role=role,
        full_name=full_name,
        phone=phone,
        email=email,
        username=username,
        centre_id=centre_id,
    )
    session.flush()
    changed = tuple(name for name, value in _facts(account).items() if value != before[name])
    publish(session, StaffChanged(account.id, "staff.edit", by, at, changed))
    return account


def set_staff_active(
    session: Session, account: Account, *, by: Actor, is_active: bool, at: datetime
) -> Account:
    """Switch an account on or off; off ends all its sign-ins at once. Safe to repeat.

    Raises Forbidden for an account that does not stand below `by`'s role, LastAdmin or NotYourself.
    """
    _check_may_manage(by, account)
    _check_not_oneself(by, account)
    if not is_active:
        _check_not_last_admin(session, account)
        sign_out_everywhere(session, account, at)
    if account.is_active != is_active:
        account.is_active = is_active
        publish(
            session, StaffChanged(account.id, "staff.switch-on" if is_active else "staff.switch-off", by, at)
        )
    return account


def delete_staff(session: Session, account: Account, *, by: Actor, at: datetime) -> None:
    """Remove a colleague for good: the row stays for the history, but its phone, email and username are free again.

    Raises as `set_staff_active`.
    """
    set_staff_active(session, account, by=by, is_active=False, at=at)
    account.deleted_at = at
    account.phone = account.email = account.username = account.password_hash = None
    publish(session, StaffChanged(account.id, "staff.delete", by, at))


def roles_to_give(by: Actor) -> list[Role]:
    """The roles that somebody may give to colleagues, the highest first."""
    if by.role is Role.MANAGER:
        return [Role.FRONT_DESK]
    if by.role is not Role.ADMIN:
        return []
    return [role for role in STAFF_ROLES if role is not Role.ADMIN or by.is_super_admin]


def _describe(
    account: Account,
    *,
    role: Role,
    full_name: str,
    phone: str | None,
    email: str | None,
    username: str | None,
    centre_id: int | None,
) -> None:
    name = parse_name(clean_name(full_name))
    if role.is_bound_to_centre and centre_id is None:
        raise Invalid(details={"centre_id": _("Choose the centre where this person works.")})
    account.title, account.full_name = name.title, name.full_name
    account.phone = optional_phone(phone)
    account.change_email(optional_email(email))
    account.username = optional_username(username)
    if not (account.phone or account.email or account.username):
        raise Invalid(
            details={"phone": _("Give a phone number, an email address or a username to sign in with.")}
        )
    account.role = role
    account.centre_id = centre_id if role.is_bound_to_centre else None


def _check_may_give(by: Actor, role: Role) -> None:
    if role not in STAFF_ROLES:
        raise Invalid(details={"role": _("Choose a role for a colleague.")})
    if by.is_system:
        return
    if role not in roles_to_give(by):
        raise Forbidden


def _check_may_manage(by: Actor, account: Account) -> None:
    """Roles below one's own; an ADMIN by a super admin; one's own name and contact data by oneself."""
    if by.is_system or (by.role is Role.ADMIN and by.account_id == account.id):
        return
    if account.role_name is Role.ADMIN and by.is_super_admin:
        return
    if by.role not in {Role.ADMIN, Role.MANAGER} or RANK[account.role_name] <= RANK[by.role]:
        raise Forbidden


def _check_not_oneself(by: Actor, account: Account) -> None:
    if by.account_id == account.id:
        raise NotYourself


def _check_not_last_admin(session: Session, account: Account) -> None:
    """One administrator stays, and one super admin. The rows are locked: two may not remove each other at once."""
    if account.role_name is not Role.ADMIN:
        return
    admins = (
        select(Account).where(Account.role == Role.ADMIN, Account.deleted_at.is_(None)).order_by(Account.id)
    )
    locked = session.scalars(admins.with_for_update().execution_options(populate_existing=True)).all()
    others = [admin for admin in locked if admin.id != account.id and admin.is_active]
    if not others or (account.is_super_admin and not any(admin.is_super_admin for admin in others)):
        raise LastAdmin


def _facts(account: Account) -> dict[str, object]:
    names = ("role", "title", "full_name", "phone", "email", "username", "centre_id")
    return {name: getattr(account, name) for name in names}
