"""What the form of a colleague asks."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import PasswordField

from portal.accounts.models import Account
from portal.accounts.staff import roles_to_give
from portal.centres.models import Centre
from portal.core.permissions import Actor, Role
from portal.web.forms import Form, Needed, PhoneField, Required, SelectField, TextField
from portal.web.labels import role_label


class StaffForm(Form):
    role = SelectField(_("Role"), [Required(_("Choose a role"))])
    full_name = TextField(_("Full name"), [Required(_("Enter the full name"))], longest=100)
    centre_id = SelectField(
        _("Centre"),
        description=_("For centre managers, care coordinators and the front desk: where they work."),
    )
    phone = PhoneField(_("Phone number"))
    email = TextField(_("Email"))
    username = TextField(
        _("Username"), description=_("Phone, email or username: one of them is needed to sign in.")
    )
    password = PasswordField(
        _("Initial password"),
        [Needed(_("Enter a password"))],
        description=_(
            "8 characters or more, with upper and lower case letters, a number and a special character."
        ),
    )

    @classmethod
    def of(cls, actor: Actor, centres: Sequence[Centre], account: Account | None = None) -> "StaffForm":
        """The form for a colleague, or a new one: the roles are those that the one who fills it in may give."""
        form = cls(data=_facts(account) if account else {"centre_id": ""})
        roles = roles_to_give(actor)
        if account:
            del form.password
            roles = [account.role_name] if actor.account_id == account.id else roles
        form.role.choices = [(str(role), role_label(role)) for role in roles]
        if account is None and len(roles) > 1:
            form.role.choices.insert(0, ("", _("Choose a role")))
        form.centre_id.choices = [
            ("", _("All centres")),
            *((str(centre.id), f"{centre.name}, {centre.city}") for centre in centres),
        ]
        return form

    @property
    def values(self) -> dict[str, Any]:
        """For the commands of accounts; the form must be valid."""
        given = {name: self[name].data or None for name in ("full_name", "phone", "email", "username")}
        centre_id = self.centre_id.data
        return {**given, "role": Role(self.role.data), "centre_id": int(centre_id) if centre_id else None}


def _facts(account: Account) -> dict[str, Any]:
    return {
        "role": account.role,
        "full_name": f"{account.title} {account.full_name}".strip(),
        "phone": account.phone,
        "email": account.email,
        "username": account.username,
        "centre_id": str(account.centre_id or ""),
    }
