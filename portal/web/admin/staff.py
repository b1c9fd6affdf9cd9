"""Colleagues other than clinicians: the list, and one of them."""

from typing import Any

from flask import Response, g
from flask_babel import lazy_gettext as _

from portal.accounts.models import Account
from portal.accounts.queries import get_visible_staff, search_staff
from portal.accounts.staff import STAFF_ROLES
from portal.bootstrap import db
from portal.centres.queries import visible_centres
from portal.core.permissions import RANK, Actor, Permission, Role
from portal.delivery.access import requires
from portal.web.admin import bp
from portal.web.admin.saving import text
from portal.web.arguments import check_is_page, page_number, whole_number
from portal.web.labels import role_label
from portal.web.rendering import page


@bp.get("/staff")
@requires(Permission.STAFF_VIEW)
def staff() -> Response:
    """The colleagues whom this person sees, by role, centre or part of a name, email, username or phone."""
    asked = asked_staff()
    found = search_staff(db.session, g.actor, **asked, page=page_number())
    check_is_page(found)
    centres = visible_centres(db.session, g.actor)
    return page(
        "admin/staff/index.html",
        fragment="admin/staff/_list.html",
        found=found,
        centres=centres,
        centre_names={centre.id: centre.name for centre in centres},
        roles=[("", _("All roles")), *((one, role_label(one)) for one in _roles_seen(g.actor))],
        filters={name: value or None for name, value in asked.items()},
    )


def asked_staff() -> dict[str, Any]:
    """Which the address asks for."""
    role = text("role")
    return {
        "role": Role(role) if role in set(STAFF_ROLES) else None,
        "centre_id": whole_number("centre_id"),
        "search": text("search"),
    }


@bp.get("/staff/<int:account_id>")
@requires(Permission.STAFF_VIEW)
def colleague(account_id: int) -> Response:
    """One colleague, and what this person may do about the account."""
    account = get_visible_staff(db.session, g.actor, account_id)
    names = {centre.id: centre.name for centre in visible_centres(db.session, g.actor)}
    return page(
        "admin/staff/show.html",
        colleague=account,
        centre_name=names.get(account.centre_id or 0),
        is_own=is_own(account),
        can_edit=g.actor.may(Permission.STAFF_EDIT),
        can_switch=g.actor.may(Permission.STAFF_SWITCH) and not is_own(account),
    )


def is_own(account: Account) -> bool:
    """Is it the account of whoever asks?"""
    return bool(account.id == g.actor.account_id)


def _roles_seen(actor: Actor) -> list[Role]:
    """Those below one's own; a super admin also sees the administrators."""
    rank = RANK[actor.role] if actor.role else 0
    return [
        role for role in STAFF_ROLES if RANK[role] > rank or (role is Role.ADMIN and actor.is_super_admin)
    ]
