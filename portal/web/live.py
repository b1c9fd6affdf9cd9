"""Tells open pages that something they show has changed; the pages then ask for their pieces anew."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from flask import Blueprint, Response, g, request
from flask_login import current_user

from portal.appointments.commands.announcing import CHANGED
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.listeners import Audience, Heard, audience_of
from portal.delivery.streams import Frame, cursor, hub, instant_of, stream

bp = Blueprint("live", __name__)
LOOK_AGAIN, TIMES = "look-again", "times.changed"
READING_TAKES = timedelta(seconds=2)
"""What was committed while a page was being made may not be on it."""


class Signals:
    """For a page: names of events and nothing of what is in them."""

    def __init__(self, audience: Audience, since: datetime | None, *, watched: str | None = None) -> None:
        """`watched` is the key of a clinician whose free times the page shows, to whoever looks at it."""
        self._own = audience
        self._watched = frozenset({watched} if watched else ())
        self.audience = Audience(audience.keys | self._watched, audience.is_everywhere)
        self._since = since

    def begin(self) -> Iterator[Frame]:
        """What has happened since the page was made, or that it should look for itself."""
        if self._since is None:
            return
        missed = hub().remembered(self.audience, self._since - READING_TAKES)
        yield from self.catch_up() if missed is None else self.tell(missed)

    def tell(self, heard: Sequence[Heard]) -> Iterator[Frame]:
        for name, at in {name: one.at for one in heard for name in self._names(one)}.items():
            yield Frame(name, {}, at)

    def _names(self, heard: Heard) -> Iterator[str]:
        """Of what is not theirs they hear no more than that times have changed."""
        if self._own.is_meant_by(heard):
            yield heard.name
        if heard.name == CHANGED and not self._watched.isdisjoint(heard.audience):
            yield TIMES

    def catch_up(self) -> Iterator[Frame]:
        yield Frame(LOOK_AGAIN, {}, clock.now())


@bp.get("/events")
@requires(Permission.NOTIFICATION_OWN)
def events() -> Response:
    """The stream of one open page (see static/js/live.js); it keeps nobody signed in."""
    signals = Signals(audience_of(g.person), since())
    return stream(signals.audience, current_user.device_id, signals)


def since() -> datetime | None:
    """Up to when the page that asks knows everything."""
    return instant_of(request.headers.get("Last-Event-ID") or request.args.get("since", ""))


@bp.app_template_global("live_since")
def livesince() -> str:
    """The instant a page is made, as the stream reads it."""
    return cursor(clock.now())
