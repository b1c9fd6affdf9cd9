"""Tells open pages that something they show has changed; the pages then ask for their pieces anew."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from flask import Blueprint, Response, g, request
from flask_login import current_user

from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.listeners import Audience, Heard, audience_of
from portal.delivery.streams import Frame, cursor, hub, instant_of, stream

bp = Blueprint("live", __name__)
LOOK_AGAIN = "look-again"
READING_TAKES = timedelta(seconds=2)
"""What was committed while a page was being made may not be on it."""


class Signals:
    """For a page: names of events and nothing of what is in them."""

    def __init__(self, audience: Audience, since: datetime | None) -> None:
        self._audience = audience
        self._since = since

    def begin(self) -> Iterator[Frame]:
        """What has happened since the page was made, or that it should look for itself."""
        if self._since is None:
            return
        missed = hub().remembered(self._audience, self._since - READING_TAKES)
        yield from self.catch_up() if missed is None else self.tell(missed)

    def tell(self, heard: Sequence[Heard]) -> Iterator[Frame]:
        for name, at in {one.name: one.at for one in heard}.items():
            yield Frame(name, {}, at)

    def catch_up(self) -> Iterator[Frame]:
        yield Frame(LOOK_AGAIN, {}, clock.now())


@bp.get("/events")
@requires(Permission.NOTIFICATION_OWN)
def events() -> Response:
    """The stream of one open page (see static/js/live.js); it keeps nobody signed in."""
    given = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    signals = Signals(audience_of(g.person), instant_of(given))
    return stream(g.person, current_user.device_id, signals)


@bp.app_template_global("live_since")
def live_since() -> str:
    """The instant a page is made, as the stream reads it."""
    return cursor(clock.now())
