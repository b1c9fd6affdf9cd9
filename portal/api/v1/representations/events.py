"""What programs are told as it happens."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from portal.api.v1.representations.base import Query, Shape
from portal.api.v1.representations.messages import MessageShape
from portal.api.v1.representations.notifications import NotificationShape

Ticket = Annotated[str, Field(max_length=100)]


class EventType(StrEnum):
    """OPEN begins a stream; RESET says that more was missed than can be told: read the lists anew."""

    OPEN = "stream.open"
    RESET = "stream.reset"
    NOTIFICATION = "notification.receive"
    MESSAGE = "message.receive"
    APPOINTMENT = "appointment.changed"


class EventQuery(Query):
    last_event_id: Annotated[str, Field(pattern=r"^[0-9]{1,14}$")] | None = Field(
        None, description="The id of the last event one has; the header Last-Event-ID says the same."
    )
    ticket: Ticket | None = Field(None, description="From POST /events/tickets, in place of the header.")


class EventShape(Shape):
    """Besides `type` one of the others has a value, by the type."""

    type: EventType
    notification: NotificationShape | None = None
    message: MessageShape | None = None
    appointment_id: int | None = None
    centre_id: int | None = None
    clinician_id: int | None = None


class Events(Shape):
    items: list[EventShape]
    last_event_id: str = Field(description="What to ask with the next time.")


class TicketShape(Shape):
    ticket: str
    expires_at: datetime
    expires_in: int = Field(description="Seconds.")
