"""What somebody was told in-app: the list, the bell in every shell, and marking, opening and deleting."""

from collections.abc import Callable

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.delivery.access import requires
from portal.delivery.destinations import addresses
from portal.notifications import inbox
from portal.web.arguments import page_number
from portal.web.rendering import page, redirect_to, wants_fragment

bp = Blueprint("notifications", __name__, url_prefix="/notifications")
PLACES = ("top", "side")


@bp.get("")
@requires(Permission.NOTIFICATION_OWN)
def index() -> Response:
    return _list()


@bp.get("/bell")
@requires(Permission.NOTIFICATION_OWN)
def bell() -> str:
    """The bell alone, as it stands in one of its places."""
    place = request.args.get("place")
    if place not in PLACES:
        raise NotFound
    return render_template("notifications/_bell.html", place=place)


@bp.post("/read-all")
@requires(Permission.NOTIFICATION_OWN)
def read_all() -> Response:
    return _changed(lambda: inbox.read_all(db.session, g.person, at=clock.now()))


@bp.post("/<int:notification_id>/mark")
@requires(Permission.NOTIFICATION_OWN)
def mark(notification_id: int) -> Response:
    """Mark it read, or unread where the form says `read=0`."""
    is_read = request.form.get("read") != "0"
    return _changed(lambda: _mark(notification_id, is_read=is_read))


@bp.post("/<int:notification_id>/opening")
@requires(Permission.NOTIFICATION_OWN)
def opening(notification_id: int) -> Response:
    """Mark it read and go to what it is about."""
    told = inbox.get_own(db.session, g.person, notification_id)
    in_transaction(db.session, lambda: _mark(notification_id, is_read=True))
    target = addresses(db.session, [told], g.person)[told.id]
    return redirect(target or url_for("notifications.index"), 303)  # type: ignore[return-value]


@bp.post("/<int:notification_id>/deletion")
@requires(Permission.NOTIFICATION_OWN)
def deletion(notification_id: int) -> Response:
    return _changed(
        lambda: inbox.delete(db.session, inbox.get_own(db.session, g.person, notification_id)),
        gettext("The notification is deleted."),
    )


@bp.app_template_global("unread_notifications")
def unread_notifications(actor: Actor) -> int:
    """The number on the bell; it has come with the sign-in, but in the request that signs in."""
    known: int | None = current_user.account.unread if current_user.is_authenticated else None
    return inbox.unread_count(db.session, actor) if known is None else known


def _mark(notification_id: int, *, is_read: bool) -> None:
    told = inbox.get_own(db.session, g.person, notification_id)
    inbox.set_read(db.session, told, is_read=is_read, at=clock.now())


def _changed(work: Callable[[], None], message: str | None = None) -> Response:
    """The list as it is afterwards: to htmx with a word to ring the bell, to everybody else by a redirect."""
    in_transaction(db.session, work)
    if not wants_fragment():
        return redirect_to("notifications.index", page=page_number() if "page" in request.args else None)
    response = _list(message)
    response.headers["HX-Trigger"] = "live-bell"
    return response


def _list(message: str | None = None) -> Response:
    """A page of the list; where the last one has become empty, the one before it."""
    number = page_number()
    found = inbox.listed(db.session, g.person, page=number)
    if not found.items and number > 1:
        number = found.total_pages or 1
        found = inbox.listed(db.session, g.person, page=number)
    return page(
        "notifications/index.html",
        fragment="notifications/_list.html",
        found=found,
        addresses=addresses(db.session, found.items, g.person),
        unread=inbox.unread_count(db.session, g.person),
        message=message,
    )
