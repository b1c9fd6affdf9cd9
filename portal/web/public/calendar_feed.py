"""The address that calendar programs read: whoever has it reads one person's visits, and nothing else."""

import logging

from flask import Response
from sqlalchemy.exc import DBAPIError

from portal.bootstrap import db
from portal.calendars.feeds import is_due_for_note, note_reading
from portal.calendars.queries import Reading, read_feed
from portal.core import clock
from portal.core.db import in_transaction
from portal.delivery.access import public
from portal.delivery.calendars import feed_of
from portal.web.calendar_files import calendar_file
from portal.web.public import bp

log = logging.getLogger(__name__)


@bp.get("/calendar/<string:token>.ics")
@public
def calendar_feed(token: str) -> Response:
    """Programs sign in nowhere: the address is the secret, and is kept from search engines and other sites."""
    reading = read_feed(db.session, token, at=clock.now())
    content = feed_of(reading.entries)
    _note(reading)
    response = calendar_file(content, name="calendar.ics")
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _note(reading: Reading) -> None:
    """The only thing that reading writes; a database that takes no writes must not keep people from reading."""
    at = clock.now()
    if is_due_for_note(reading.last_read_at, at):
        try:
            in_transaction(db.session, lambda: note_reading(db.session, reading.feed_id, at=at))
        except DBAPIError:
            log.warning("could not note that a calendar feed was read")
