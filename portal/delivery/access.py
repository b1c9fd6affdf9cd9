"""Who may enter a view: whoever `g.actor` is, with at least one of the permissions it names."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import g

from portal.accounts.models import Account
from portal.bootstrap import db
from portal.core.errors import ApprovalRequired, EmailNotVerified, Forbidden, Unauthorized
from portal.core.permissions import OPEN_BEFORE_THE_GATE, Actor, Gate, Permission, Role
from portal.delivery import settings
from portal.people.acting import actor_for

GATES = {Gate.EMAIL: EmailNotVerified, Gate.APPROVAL: ApprovalRequired}
P = ParamSpec("P")
R = TypeVar("R")


def requires(*permissions: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Open a view to signed-in people who have at least one of the permissions.

    Others are refused: Unauthorized for visitors, Forbidden for the rest. Put it below the route decorator.
    """

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            check_may(permissions)
            return view(*args, **kwargs)

        guarded.permission = permissions  # type: ignore[attr-defined]
        return guarded

    return guard


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Say that a view is meant for everybody."""
    view.permission = None  # type: ignore[attr-defined]
    return view


def check_may(permissions: tuple[Permission, ...]) -> None:
    """Raises Unauthorized for visitors, Forbidden for those who have none of the permissions.

    EmailNotVerified or ApprovalRequired for those who wait for that, unless the way there is what they ask for.
    """
    actor: Actor = g.actor
    if not actor.is_signed_in:
        raise Unauthorized
    if not any(map(actor.may, permissions)):
        raise Forbidden
    if actor.waits_for and OPEN_BEFORE_THE_GATE.isdisjoint(permissions):
        raise GATES[actor.waits_for]


def actor_of(account: Account) -> Actor:
    """The account as somebody who acts, with what the practice's settings add to its role."""
    extra: frozenset[Permission] = frozenset()
    if account.role_name is Role.FRONT_DESK and settings().front_desk_can_reschedule:
        extra = frozenset({Permission.APPOINTMENT_RESCHEDULE})
    return actor_for(db.session, account, extra=extra)
