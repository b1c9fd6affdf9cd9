"""Where somebody is signed in: browsers, and programs that speak the API. Each can be signed out from here."""

from dataclasses import dataclass

from flask import Response, flash, g, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user

from portal.accounts import devices as commands
from portal.accounts.models import Device, DeviceKind
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import OPEN_BEFORE_THE_GATE, Permission, Role
from portal.delivery.access import requires
from portal.payments import crediting
from portal.web.account import bp
from portal.web.account.user_agents import browser_name, program_name
from portal.web.public.sign_in import sign_out
from portal.web.rendering import page, redirect_to

PARTS = (
    ("account.devices", _("Devices"), (Permission.SESSION_OWN,)),
    ("account.password", _("Password"), (Permission.SESSION_OWN,)),
    ("account.mail", _("Mail"), (Permission.APPOINTMENT_VIEW,)),
    ("account.credits", _("Credits"), (Permission.CREDIT_OWN,)),
    ("account.calendar", _("Calendar"), (Permission.APPOINTMENT_BOOK_OWN, Permission.DAY_SCHEDULE_OWN)),
)


@dataclass(frozen=True)
class Line:
    """A device as its owner knows it."""

    device: Device
    name: str
    is_program: bool
    is_this: bool


@bp.get("/devices")
@requires(Permission.SESSION_OWN)
def devices() -> Response:
    return page("account/devices.html", lines=_lines(), tabs=tabs("account.devices"))


@bp.post("/devices/<int:device_id>/sign-out")
@requires(Permission.SESSION_OWN)
def sign_out_device(device_id: int) -> Response:
    """End one of them; this browser's own is left as by signing out."""
    if device_id == current_user.device_id:
        return sign_out()
    in_transaction(
        db.session,
        lambda: commands.end_device(db.session, g.person.account_id, device_id, at=clock.now()),
    )
    flash(gettext("Signed out there."), "success")
    return redirect_to("account.devices")


@bp.post("/devices/others/sign-out")
@requires(Permission.SESSION_OWN)
def sign_out_others() -> Response:
    """End all but this one."""
    in_transaction(db.session, _end_others)
    flash(gettext("You are signed out everywhere else."), "success")
    return redirect_to("account.devices")


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """The parts of the account's pages that are open to whoever is here."""
    return [
        (str(label), url_for(endpoint), endpoint == current)
        for endpoint, label, permissions in PARTS
        if _is_open(permissions) and (endpoint != "account.credits" or _has_credits_here())
    ]


def _has_credits_here() -> bool:
    """Patients have them beside their payments."""
    return crediting.is_sold() and g.actor.role is not Role.PATIENT


def _is_open(permissions: tuple[Permission, ...]) -> bool:
    """As `requires` decides at the door."""
    passes = g.actor.waits_for is None or not OPEN_BEFORE_THE_GATE.isdisjoint(permissions)
    return passes and any(map(g.actor.may, permissions))


def _lines() -> list[Line]:
    """This device first, then the one used last."""
    found = commands.devices_of(db.session, g.person.account_id, at=clock.now())
    lines = [_line(device) for device in found]
    return sorted(lines, key=lambda line: not line.is_this)


def _line(device: Device) -> Line:
    is_program = device.kind == DeviceKind.API
    name = program_name(device.description) if is_program else browser_name(device.description)
    return Line(device, name, is_program, device.id == current_user.device_id)


def _end_others() -> None:
    at = clock.now()
    for device in commands.devices_of(db.session, g.person.account_id, at=at):
        if device.id != current_user.device_id:
            commands.end_device(db.session, g.person.account_id, device.id, at=at)
