"""What happens, as it happens: a stream for programs, the same asked now and then, and tickets for both sockets."""

from typing import Never

from flask import Blueprint, abort, g, request

from portal.accounts import live_tickets
from portal.api.bearer import signed_in_device
from portal.api.feed import Feed, missed_since
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer
from portal.api.v1.representations.events import EventQuery, Events, TicketShape
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.listeners import audience_of
from portal.delivery.streams import cursor, instant_of, stream

bp = Blueprint("api_events", __name__, url_prefix="/events")
STREAM = "text/event-stream"


@bp.get("")
@endpoint("RT-01", Answer[Events], Permission.NOTIFICATION_OWN)
def index(query: EventQuery) -> Events:
    """Be told what happens: notification.receive, message.receive and appointment.changed.

    With `Accept: text/event-stream` as server-sent events until the sign-in ends; otherwise what has happened since
    lastEventId, at once. Nothing is lost after a pause of up to a day; some things come twice.
    """
    since = instant_of(request.headers.get("Last-Event-ID") or query.last_event_id or "")
    if STREAM in request.headers.get("Accept", ""):
        _stream(Feed(signed_in_device().id, since))
    at = clock.now()
    return Events(
        items=missed_since(g.actor, since, at) if since else [],
        last_event_id=cursor(at),
    )


@bp.post("/tickets")
@endpoint("RT-01", Answer[TicketShape], Permission.NOTIFICATION_OWN, status=201, is_write=True)
def create_ticket() -> TicketShape:
    """Get a ticket that opens one live connection within half a minute: /events?ticket= or the WebSocket."""
    at = clock.now()
    ticket = live_tickets.issue(db.session, signed_in_device(), at=at)
    seconds = int(live_tickets.GOOD_FOR.total_seconds())
    return TicketShape(ticket=ticket, expires_at=at + live_tickets.GOOD_FOR, expires_in=seconds)


def _stream(feed: Feed) -> Never:
    """Raised, so that nothing between here and the server reads it to its end."""
    abort(stream(audience_of(g.actor), signed_in_device().id, feed))
