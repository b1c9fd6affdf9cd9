"""Telling open pages and programs what has changed, as soon as it is committed.

An announcement says what happened and to whom it matters, never what is in it: those who listen read the rows for
themselves, as what they may see. It is sent after the commit and outside of it, because NOTIFY inside makes commits
wait for each other; one that is lost costs nobody more than the next look at the page.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

CHANNEL = "live"
_WAITING = "announcements"


class Numbered(Protocol):
    id: Any


@dataclass(frozen=True)
class Announcement:
    """`name` is the event's documented name; `audience` are keys such as "account:7" (see `account`, `centre`).

    `row` is what the event is about where that has no id before it is written.
    """

    name: str
    audience: tuple[str, ...]
    data: dict[str, Any]
    row: Numbered | None = None

    def payload(self) -> str:
        own = {} if self.row is None else {"id": self.row.id}
        return json.dumps({"name": self.name, "audience": self.audience, "data": {**self.data, **own}})


def account(account_id: int) -> str:
    """The audience of one account."""
    return f"account:{account_id}"


def centre(centre_id: int | None) -> str:
    """The audience of all who look at a centre's day."""
    return f"centre:{centre_id}"


def clinician(clinician_id: int) -> str:
    """The audience of all who look at a clinician's day."""
    return f"clinician:{clinician_id}"


def announce(
    session: Session, name: str, audience: Iterable[str], *, row: Numbered | None = None, **data: Any
) -> None:
    """Say it once the session's transaction is committed (see `core.db.in_transaction`).

    `data` is ids and words; the id of a `row` that is yet to be written joins them.
    """
    session.info.setdefault(_WAITING, []).append(Announcement(name, tuple(audience), data, row))


def forget_announcements(session: Session) -> None:
    """What was to be said did not happen."""
    session.info.pop(_WAITING, None)


def send_announcements(session: Session) -> None:
    """Say what the transaction that has just been committed had to say."""
    waiting = session.info.pop(_WAITING, None)
    if not waiting:
        return
    payloads = [one.payload() for one in waiting]
    try:
        session.execute(
            text("SELECT pg_notify(:channel, payload) FROM unnest(CAST(:payloads AS text[])) AS payload"),
            {"channel": CHANNEL, "payloads": payloads},
        )
        session.commit()
    except DBAPIError:
        session.rollback()
        log.warning("what has changed could not be announced")
