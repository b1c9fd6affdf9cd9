"""Colleagues other than clinicians."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StrictBool

from portal.accounts.models import Account
from portal.api.v1.representations.base import Body, Id, Line, Listing, Password, Shape, Upper
from portal.core.errors import Invalid, _
from portal.core.permissions import Role

RoleNumber = Annotated[int, Field(ge=1, le=7, description="1 ADMIN to 7 PATIENT.")]


class StaffShape(Shape):
    id: int
    full_name: str
    phone: str | None
    email: str | None
    username: str | None
    role_id: int
    role_name: Role
    is_super_admin: bool
    centre_id: int | None
    is_active: bool
    created_at: datetime


class StaffQuery(Listing):
    role_id: RoleNumber | None = None
    role: Annotated[Role, Upper] | None = None
    centre_id: Id | None = None
    search: Line = ""


class StaffFacts(Body):
    """The role by number or by name; the centre for those who work at one."""

    full_name: Annotated[str, Field(max_length=100)] = ""
    phone: Line | None = None
    email: Line | None = None
    username: Line | None = None
    role_id: RoleNumber | None = None
    role_name: Annotated[Role, Upper] | None = None
    role: Annotated[Role, Upper] | None = Field(None, description="Another name of roleName.")
    centre_id: Id | None = None


class NewStaff(StaffFacts):
    full_name: Annotated[str, Field(min_length=1, max_length=100)]
    password: Password | None = None


class StaffChanges(StaffFacts):
    """What is not given stays."""

    is_active: StrictBool = Field(default=True, description="Off ends all their sign-ins at once.")


def role_of(number: int | None, *names: Role | None) -> Role | None:
    """The role that is meant, by whichever was given; raises Invalid where they are not the same."""
    roles = {*names, list(Role)[number - 1] if number else None} - {None}
    if len(roles) > 1:
        raise Invalid(details={"role": _("Name one role only.")})
    return next(iter(roles), None)


def full_name(account: Account) -> str:
    """With the title, as people are addressed."""
    return f"{account.title} {account.full_name}".strip()


def staff_shape(account: Account) -> StaffShape:
    role = account.role_name
    same = (
        "id",
        "phone",
        "email",
        "username",
        "is_super_admin",
        "centre_id",
        "is_active",
        "created_at",
    )
    return StaffShape(
        full_name=full_name(account),
        role_id=role.number,
        role_name=role,
        **{name: getattr(account, name) for name in same},
    )
