"""When a message may go out, when to try again, and when it is too late. Pure arithmetic of instants."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.core import clock
from portal.notifications.policy import Policy


class Reason(StrEnum):
    """Why a message was not sent, or not by this way."""

    BEFORE_SENDING = "BEFORE_SENDING"
    BUNDLED = "BUNDLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    GAVE_UP = "GAVE_UP"
    MOVED = "MOVED"
    NOT_CONFIGURED = "NOT_CONFIGURED"
    OPTED_OUT = "OPTED_OUT"
    OVER = "OVER"
    PAID = "PAID"
    READ = "READ"
    REFUSED = "REFUSED"
    REPLACED = "REPLACED"
    TOLD = "TOLD"
    UNREACHABLE = "UNREACHABLE"


PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (10, 30, 60, 180, 600, 1800, 3600, 7200, 14400, 28800)
)
"""Between one attempt and the next; after the last the message is given up."""

LONGEST_RETRY_AFTER = timedelta(hours=1)
OVERDUE = timedelta(minutes=15)
"""What was due so long ago, and nobody has claimed, is not going out: no jobs process runs."""

WHOLE_DAY = timedelta(hours=12)
"""A reminder this long before its visit tells of the patient's other visits of that day too."""


def quiet_until(at: datetime, zone: ZoneInfo, policy: Policy) -> datetime | None:
    """The instant at which the quiet hours end that `at` lies in; None where it lies in none.

    Hours are wall time in the zone: on the days the clocks change the night is an hour longer or shorter.
    """
    start, end = time(policy.quiet_from), time(policy.quiet_until)
    wall = clock.local(at, zone)
    passes_midnight = start > end
    is_evening, is_morning = wall.time() >= start, wall.time() < end
    if not (is_evening or is_morning if passes_midnight else is_evening and is_morning):
        return None
    ends_on = wall.date() + timedelta(days=passes_midnight and is_evening)
    return clock.at(ends_on, end, zone)


def send_at(due: datetime, useful_until: datetime | None, zone: ZoneInfo, policy: Policy) -> datetime:
    """When to send what is due: after the quiet hours, if it is still of use then, else now: better woken than late."""
    later = quiet_until(due, zone, policy)
    if later is None or (useful_until is not None and later > useful_until):
        return due
    return later


def reminder_useful_until(starts_at: datetime, offset: timedelta) -> datetime:
    """A reminder is late, but of use, for half of its offset."""
    return starts_at - offset / 2


def next_attempt(
    at: datetime, attempts: int, useful_until: datetime | None, retry_after: float | None = None
) -> datetime | None:
    """When to try again after that many attempts; None where it is to be given up. `retry_after` in seconds."""
    if attempts > len(PAUSES):
        return None
    pause = PAUSES[attempts - 1]
    if retry_after is not None:
        pause = max(pause, min(timedelta(seconds=retry_after), LONGEST_RETRY_AFTER))
    again = at + pause
    return None if useful_until is not None and again > useful_until else again
