"""Who is at the JSON door: whoever the bearer token names. Cookies count for nothing here."""

from flask import g, request

from portal.accounts.commands import touch_device
from portal.accounts.devices import is_due_for_touch
from portal.accounts.errors import InvalidToken
from portal.accounts.live_tickets import redeem
from portal.accounts.models import Device
from portal.accounts.tokens import device_of_access_token
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import PortalError, Unauthorized
from portal.core.permissions import VISITOR
from portal.delivery import settings
from portal.delivery.access import actor_of
from portal.delivery.streams import devices

SCHEME = "bearer"
TAKES_TICKETS = "api_events.index"


def load_actor() -> None:
    """Put whoever the token names into `g.actor`. A token that is no good makes a visitor, and `g.refusal` says why."""
    g.actor, g.device, g.refusal = VISITOR, None, Unauthorized()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME:
        if request.endpoint == TAKES_TICKETS:
            take_ticket()
        return
    now = clock.now()
    try:
        device = device_of_access_token(db.session, token.strip(), secret=settings().secret_key, at=now)
    except PortalError as refusal:
        g.refusal = refusal
        return
    if is_due_for_touch(device, now):
        in_transaction(db.session, lambda: touch_device(db.session, device, now))
    _enter(device)


def take_ticket() -> None:
    """The same for whoever has the ticket in the address, which is used up by this."""
    ticket = request.args.get("ticket")
    if ticket is None:
        return
    device_id = in_transaction(db.session, lambda: redeem(db.session, ticket, at=clock.now()))
    device = devices([device_id]).get(device_id) if device_id is not None else None
    if device is None:
        g.refusal = InvalidToken()
        return
    _enter(device)


def _enter(device: Device) -> None:
    g.device, g.actor = device, actor_of(device.account)


def signed_in_device() -> Device:
    """The device of this request; raises Unauthorized for visitors."""
    device: Device | None = g.device
    if device is None:
        raise g.refusal
    return device
