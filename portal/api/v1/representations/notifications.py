"""What somebody was told in-app, as it goes out."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field, StrictBool

from portal.api.v1.representations.base import Answer, Body, Listing, Pagination, Shape
from portal.bootstrap import db
from portal.core.permissions import Actor
from portal.delivery import settings
from portal.delivery.destinations import addresses
from portal.notifications.inbox import About
from portal.notifications.models import Notification


class NotificationShape(Shape):
    id: int
    type: str = Field(description="One of the words that the list can be filtered by; more may come.")
    title: str
    message: str
    action: str = Field(description="What there is to do: a word such as view.")
    action_url: str | None = Field(description="The page of the portal that it is about.")
    related_id: int | None = Field(description="The appointment, or the conversation or payment.")
    is_read: bool
    created_at: datetime


class Inbox(Shape):
    items: list[NotificationShape]
    unread_count: int


class InboxPage(Answer[Inbox]):
    pagination: Pagination


class NotificationQuery(Listing):
    is_read: bool | None = None
    type: About | None = None


class Reading(Body):
    is_read: StrictBool


class ReadMark(Shape):
    id: int
    is_read: bool
    updated_at: datetime


def notification_shapes(told: Sequence[Notification], reader: Actor) -> list[NotificationShape]:
    """As their reader has them."""
    paths = addresses(db.session, told, reader)
    return [_shape(one, paths[one.id]) for one in told]


def _shape(told: Notification, path: str | None) -> NotificationShape:
    return NotificationShape(
        id=told.id,
        type=told.kind,
        title=told.title,
        message=told.text,
        action=told.action,
        action_url=settings().public_url + path if path else None,
        related_id=told.related_id,
        is_read=told.read_at is not None,
        created_at=told.created_at,
    )


def read_mark(told: Notification) -> ReadMark:
    return ReadMark(id=told.id, is_read=told.read_at is not None, updated_at=told.updated_at)
