"""The only door: who is here, and whether they may do what the view does."""

import logging
from datetime import timedelta
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, request, session
from flask_login import LoginManager, current_user
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import contains_eager

from portal.accounts import queries as accounts
from portal.accounts.commands import touch_device
from portal.accounts.devices import is_due_for_touch
from portal.accounts.models import Account, Device
from portal.bootstrap import db
from portal.conversations.unread import unread_of_account
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import VISITOR
from portal.delivery import settings
from portal.delivery.access import actor_of
from portal.delivery.failures import API
from portal.notifications.inbox import unread_of
from portal.people.acting import own_records_of
from portal.web.sessions import TOKEN_KEY, SignedIn, come_as

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")
# The bell and the messages are on every page, and whose records they are decides on each what they see: these come with
# the sign-in, and cost no query of their own.
WHO_IS_HERE = accounts.SIGNED_IN.options(
    contains_eager(Device.account)
    .with_expression(Account.unread, unread_of(Account.id))
    .with_expression(Account.unread_messages, unread_of_account())
    .with_expression(Account.own_records, own_records_of(Account.id))
)


def init_app(app: Flask) -> None:
    """Know on every request who is here (`g.actor`)."""
    manager = LoginManager()
    manager.session_protection = "basic"
    manager.user_loader(_signed_in_with)
    manager.init_app(app, add_context_processor=False)  # templates ask g.actor, which costs no further query
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=app.config["SETTINGS"].patient_idle_days)
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False  # the cookie is renewed when the device is touched
    app.before_request(load_actor)


def load_actor() -> None:
    """Before each request for a page: put whoever is here into `g.actor`, in one query."""
    come_as(VISITOR)
    if request.path.startswith(API):
        return
    if request.endpoint != "static" and TOKEN_KEY in session and current_user.is_authenticated:
        come_as(actor_of(current_user.account))


def safe_next(address: str | None) -> str | None:
    """The address to go to after signing in if it is a path of this site, else None.

    Browsers read backslashes as slashes and skip control characters, so neither may occur.
    """
    if not address or not address.startswith("/") or address.startswith("//"):
        return None
    if "\\" in address or any(ord(character) <= 32 or ord(character) == 127 for character in address):
        return None
    parts = urlsplit(address)
    return None if parts.scheme or parts.netloc else address


def _signed_in_with(token: str) -> SignedIn | None:
    """For flask-login: the device with this token, if its sign-in still stands."""
    now = clock.now()
    device = accounts.device_for(
        db.session,
        token,
        now,
        staff_idle_minutes=settings().staff_idle_minutes,
        patient_idle_days=settings().patient_idle_days,
        statement=WHO_IS_HERE,
    )
    if device is None:
        session.pop(TOKEN_KEY, None)
        return None
    if is_due_for_touch(device, now) and not _is_refresh():
        _touch(device)
    return SignedIn(device.account, token, device.id)


def _is_refresh() -> bool:
    """Whether an open page asks by itself, for a part or for its stream: a board left open is nobody at the desk."""
    if request.endpoint in {"live.events", "public.times"}:
        return True
    trigger = request.headers.get("HX-Trigger")
    target = request.headers.get("HX-Target")
    return request.method == "GET" and bool(trigger) and trigger in {target, f"{target}-live"}


def _touch(device: Device) -> None:
    """Note that the device is in use: at most once a minute, and the only thing that reading a page writes."""
    try:
        in_transaction(db.session, lambda: touch_device(db.session, device, clock.now()))
    except DBAPIError:
        # A database that takes no writes must not keep people from reading.
        log.warning("could not note that a device is in use")
    session.modified = True
