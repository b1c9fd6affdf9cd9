"""Colleagues other than clinicians: found, added, changed, removed."""

from typing import Any

from flask import Blueprint, g
from flask_babel import gettext

from portal.accounts import commands
from portal.accounts.models import Account
from portal.accounts.queries import get_visible_staff, search_staff
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Done, Listed, Paged, paged
from portal.api.v1.representations.staff import (
    NewStaff,
    StaffChanges,
    StaffQuery,
    StaffShape,
    full_name,
    role_of,
    staff_shape,
)
from portal.bootstrap import db
from portal.centres.queries import visible_centres
from portal.core import clock
from portal.core.contact import parse_phone
from portal.core.errors import Invalid, _
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import check_may

bp = Blueprint("api_staff", __name__, url_prefix="/staff")
FACTS = ("full_name", "phone", "email", "username", "centre_id")


@bp.get("")
@endpoint("ADM-03", Listed[StaffShape], Permission.STAFF_VIEW)
def index(query: StaffQuery) -> Paged[StaffShape]:
    """List the colleagues whom one may see, by name."""
    found = search_staff(
        db.session,
        g.actor,
        role=role_of(query.role_id, query.role),
        centre_id=query.centre_id,
        search=query.search,
        page=query.page,
        limit=query.limit,
    )
    return paged(found, staff_shape)


@bp.post("")
@endpoint("ADM-04", Answer[StaffShape], Permission.STAFF_CREATE, status=201, is_write=True)
def create(json: NewStaff) -> StaffShape:
    """Add a colleague. Managers add front desks only, a super admin alone adds admins."""
    role = role_of(json.role_id, json.role_name, json.role)
    if role is None:
        raise Invalid(details={"role": _("Choose a role for a colleague.")})
    _check_centre(json.centre_id)
    made = commands.create_staff(
        db.session,
        by=g.actor,
        role=role,
        full_name=json.full_name,
        phone=_phone(json.phone),
        email=json.email,
        username=json.username,
        password=json.password,
        centre_id=json.centre_id,
        at=clock.now(),
    )
    return staff_shape(made)


@bp.get("/<int:account_id>")
@endpoint("ADM-03", Answer[StaffShape], Permission.STAFF_VIEW)
def show(account_id: int) -> StaffShape:
    """Read about a colleague."""
    return staff_shape(get_visible_staff(db.session, g.actor, account_id))


@bp.patch("/<int:account_id>")
@endpoint("ADM-05", Answer[StaffShape], Permission.STAFF_EDIT, Permission.STAFF_SWITCH, is_write=True)
def update(account_id: int, json: StaffChanges) -> StaffShape:
    """Change a colleague in part, or switch the account on and off: off ends all sign-ins at once."""
    account, given = get_visible_staff(db.session, g.actor, account_id), json.given()
    is_active = given.pop("is_active", None)
    if is_active is not None:
        check_may((Permission.STAFF_SWITCH,))
        commands.set_staff_active(db.session, account, by=g.actor, is_active=is_active, at=clock.now())
    if given:
        check_may((Permission.STAFF_EDIT,))
        commands.edit_staff(db.session, account, by=g.actor, at=clock.now(), **_facts(account, given))
    return staff_shape(account)


@bp.delete("/<int:account_id>")
@endpoint("ADM-06", Done, Permission.STAFF_EDIT, is_write=True)
def delete(account_id: int) -> Done:
    """Remove a colleague for good: not oneself, not the last admin."""
    account = get_visible_staff(db.session, g.actor, account_id)
    commands.delete_staff(db.session, account, by=g.actor, at=clock.now())
    return Done(message=gettext("The account is deleted."))


def _facts(account: Account, given: dict[str, Any]) -> dict[str, Any]:
    """What is known of the colleague, with what was given in its place."""
    role = role_of(given.pop("role_id", None), given.pop("role_name", None), given.pop("role", None))
    if given.get("phone"):
        given["phone"] = _phone(given["phone"])
    _check_centre(given.get("centre_id"))
    known = {name: getattr(account, name) for name in FACTS} | {"full_name": full_name(account)}
    return {**known, **given, "role": role or account.role_name}


def _check_centre(centre_id: int | None) -> None:
    """Raises Invalid for a centre that is gone: nobody could work there."""
    if centre_id is not None and all(one.id != centre_id for one in visible_centres(db.session, g.actor)):
        raise Invalid(details={"centre_id": _("Choose a centre.")})


def _phone(text: str | None) -> str | None:
    return parse_phone(text, region=settings().default_region) if text else None
