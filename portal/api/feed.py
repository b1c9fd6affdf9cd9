"""What one program is told: each event read for itself, as what its account may see at that moment.

A cursor is an instant. Rows are written a little before they are committed, so that whoever comes back is told
everything from a minute before its cursor: nothing is lost, some things come twice, and clients tell them by their ids.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from flask import g
from sqlalchemy import func, select

from portal.api.v1.representations.events import EventShape, EventType
from portal.api.v1.representations.messages import message_shape
from portal.api.v1.representations.notifications import notification_shapes
from portal.appointments.models import Appointment, AppointmentChange
from portal.appointments.queries import BOOKED, visible_to
from portal.bootstrap import db
from portal.conversations import queries as conversations
from portal.conversations.models import Conversation, ConversationMessage
from portal.core import clock
from portal.core.errors import Unauthorized
from portal.core.permissions import Actor
from portal.delivery.access import actor_of
from portal.delivery.listeners import Heard
from portal.delivery.streams import Frame, devices
from portal.notifications import inbox

T = TypeVar("T")
MARGIN = timedelta(minutes=1)
LONGEST_ABSENCE = timedelta(days=1)
MOST_MISSED = 500
CHANGES_LOOKED_AT = 10_000


class Feed:
    """For a program on a device, which has all that happened up to `since` (None: it begins now)."""

    def __init__(self, device_id: int, since: datetime | None) -> None:
        self._device_id = device_id
        self._since = since
        self._reached = since or clock.now()

    def begin(self) -> Iterator[Frame]:
        """That it is open, and what was missed."""
        yield Frame(EventType.OPEN, {}, self._reached)
        if self._since is not None:
            yield from self.catch_up()

    def tell(self, heard: Sequence[Heard]) -> Iterator[Frame]:
        known = [one for one in heard if one.name in READERS]
        self._reached = heard[-1].at
        for told, at in self.as_they_are_now(partial(_read, known)) if known else ():
            yield frame(told, at)

    def catch_up(self) -> Iterator[Frame]:
        """The cursor stays where it was until all of it is told."""
        at, since = clock.now(), self._reached
        for told in self.as_they_are_now(lambda actor: missed_since(actor, since, at)):
            yield frame(told, since)
        self._reached = at

    def as_they_are_now(self, read: Callable[[Actor], list[T]]) -> list[T]:
        """Read as whoever is still signed in, and give the database connection back. Raises Unauthorized."""
        try:
            device = devices([self._device_id]).get(self._device_id)
            if device is None:
                raise Unauthorized
            g.actor = actor_of(device.account)
            return read(g.actor)
        finally:
            db.session.close()


def _read(known: Sequence[Heard], actor: Actor) -> list[tuple[EventShape, datetime]]:
    return [(told, one.at) for one in known for told in READERS[one.name](actor, [one.data["id"]])]


def frame(told: EventShape, reached: datetime) -> Frame:
    """The event without what its type does not have."""
    body: dict[str, Any] = told.model_dump(mode="json", exclude_unset=True, exclude={"type"})
    return Frame(told.type, body, reached)


def missed_since(actor: Actor, since: datetime, at: datetime) -> list[EventShape]:
    """What has happened since then, or that it is too much to be told."""
    begun = since - MARGIN
    if since < at - LONGEST_ABSENCE:
        return [EventShape(type=EventType.RESET)]
    told = inbox.told_since(db.session, actor, begun, limit=MOST_MISSED + 1)
    written = _written_since(actor, begun)
    changed = _changed_since(actor, begun)
    if changed is None or max(len(told), len(written), len(changed)) > MOST_MISSED:
        return [EventShape(type=EventType.RESET)]
    return [
        *_notifications(actor, told),
        *_messages(actor, written),
        *_appointments(actor, changed),
    ]


def _written_since(actor: Actor, since: datetime) -> Sequence[int]:
    found = (
        select(ConversationMessage.id)
        .join(Conversation, Conversation.id == ConversationMessage.conversation_id)
        .where(
            conversations.visible_to(actor),
            Conversation.last_message_at >= since,
            ConversationMessage.created_at >= since,
        )
    )
    return db.session.scalars(found.order_by(ConversationMessage.id).limit(MOST_MISSED + 1)).all()


def _changed_since(actor: Actor, since: datetime) -> list[int] | None:
    """The ids of appointments; None where more has changed than is looked at."""
    newest = db.session.scalar(select(func.max(AppointmentChange.id))) or 0
    oldest = newest - CHANGES_LOOKED_AT
    reaches = select(AppointmentChange.changed_at).where(AppointmentChange.id <= oldest)
    if (db.session.scalar(reaches.order_by(AppointmentChange.id.desc()).limit(1)) or since) > since:
        return None
    found = select(AppointmentChange.appointment_id).where(
        AppointmentChange.id > oldest, AppointmentChange.changed_at >= since
    )
    seen = select(Appointment.id).where(Appointment.id.in_(found), BOOKED, visible_to(actor))
    return list(db.session.scalars(seen.order_by(Appointment.id).limit(MOST_MISSED + 1)))


def _notifications(actor: Actor, ids: Sequence[int]) -> list[EventShape]:
    shapes = notification_shapes(inbox.among(db.session, actor, ids), actor)
    return [EventShape(type=EventType.NOTIFICATION, notification=one) for one in shapes]


def _messages(actor: Actor, ids: Sequence[int]) -> list[EventShape]:
    found = (conversations.message_for(db.session, actor, one) for one in ids)
    return [EventShape(type=EventType.MESSAGE, message=message_shape(one)) for one in found if one]


def _appointments(actor: Actor, ids: Sequence[int]) -> list[EventShape]:
    found = db.session.execute(
        select(Appointment.id, Appointment.centre_id, Appointment.clinician_id)
        .where(Appointment.id.in_(ids), BOOKED, visible_to(actor))
        .order_by(Appointment.id)
    )
    return [
        EventShape(type=EventType.APPOINTMENT, appointment_id=one, centre_id=centre, clinician_id=clinician)
        for one, centre, clinician in found
    ]


READERS: dict[str, Callable[[Actor, Sequence[int]], list[EventShape]]] = {
    EventType.NOTIFICATION: _notifications,
    EventType.MESSAGE: _messages,
    EventType.APPOINTMENT: _appointments,
}
