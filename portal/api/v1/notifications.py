"""What one was told in-app."""

from flask import Blueprint, g
from flask_babel import gettext

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Done, paged
from portal.api.v1.representations.notifications import (
    Inbox,
    InboxPage,
    NotificationQuery,
    Reading,
    ReadMark,
    notification_shapes,
    read_mark,
)
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.notifications import inbox

bp = Blueprint("api_notifications", __name__, url_prefix="/notifications")


@bp.get("")
@endpoint("NTF-01", InboxPage, Permission.NOTIFICATION_OWN)
def index(query: NotificationQuery) -> InboxPage:
    """List one's notifications, newest first, with how many are unread in all."""
    found = inbox.listed(
        db.session, g.actor, is_read=query.is_read, kind=query.type or "", page=query.page, limit=query.limit
    )
    return InboxPage(
        data=Inbox(
            items=notification_shapes(found.items, g.actor),
            unread_count=inbox.unread_count(db.session, g.actor),
        ),
        pagination=paged(found, lambda told: told.id).pagination,
    )


@bp.patch("/<int:notification_id>")
@endpoint("NTF-02", Answer[ReadMark], Permission.NOTIFICATION_OWN, is_write=True)
def update(notification_id: int, json: Reading) -> ReadMark:
    """Mark one of one's notifications read or unread."""
    told = inbox.get_own(db.session, g.actor, notification_id)
    inbox.set_read(db.session, told, is_read=json.is_read, at=clock.now())
    return read_mark(told)


@bp.post("/read-all")
@endpoint("NTF-03", Done, Permission.NOTIFICATION_OWN, is_write=True)
def read_all() -> Done:
    """Mark all of one's notifications read."""
    inbox.read_all(db.session, g.actor, at=clock.now())
    return Done(message=gettext("All notifications marked as read"))


@bp.delete("/<int:notification_id>")
@endpoint("NTF-04", Done, Permission.NOTIFICATION_OWN, is_write=True)
def delete(notification_id: int) -> Done:
    """Delete one of one's notifications for good."""
    inbox.delete(db.session, inbox.get_own(db.session, g.actor, notification_id))
    return Done(message=gettext("The notification is deleted."))
