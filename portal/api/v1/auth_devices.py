"""Where one is signed in."""

from flask import Blueprint
from flask_babel import gettext

from portal.accounts.devices import devices_of, end_device, sign_out_everywhere
from portal.api.bearer import signed_in_device
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.auth import DeviceShape, device_shape
from portal.api.v1.representations.base import Answer, Done
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission

bp = Blueprint("api_auth_devices", __name__, url_prefix="/auth/devices")


@bp.get("")
@endpoint("IAM-08", Answer[list[DeviceShape]], Permission.SESSION_OWN)
def index() -> list[DeviceShape]:
    """List one's sign-ins, browsers and programs, the one used last first."""
    current = signed_in_device()
    found = devices_of(db.session, current.account_id, at=clock.now())
    return [device_shape(device, current) for device in found]


@bp.delete("")
@endpoint("IAM-08", Done, Permission.SESSION_OWN, is_write=True)
def delete_all() -> Done:
    """End all sign-ins, this one too."""
    sign_out_everywhere(db.session, signed_in_device().account, clock.now())
    return Done(message=gettext("You are signed out on all your devices."))


@bp.delete("/<int:device_id>")
@endpoint("IAM-08", Done, Permission.SESSION_OWN, is_write=True)
def delete(device_id: int) -> Done:
    """End one of one's sign-ins, at once."""
    end_device(db.session, signed_in_device().account_id, device_id, at=clock.now())
    return Done(message=gettext("Signed out there."))
