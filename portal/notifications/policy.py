"""The practice's rules for messages, set once by the wiring: commands and subscribers have no settings of their own."""

from dataclasses import dataclass, field
from datetime import timedelta

from portal.core.words import Words


@dataclass(frozen=True)
class Policy:
    """`grace` is how long news of an appointment waits, so that a change within it sends one message.

    Quiet hours are wall-clock hours in the recipient's zone, from the one until the other; equal hours mean none.
    `reminders` are the offsets before a visit, the longest first. `public_url` has no slash at its end.
    `words` are what the practice calls the people in our own texts.
    """

    practice_name: str = "Bookable"
    words: Words = field(default_factory=Words)
    public_url: str = "http://127.0.0.1:8000"
    secret: str = field(default="", repr=False)
    grace: timedelta = timedelta(minutes=2)
    reminders: tuple[timedelta, ...] = (timedelta(hours=24), timedelta(hours=1))
    quiet_from: int = 21
    quiet_until: int = 8
    region: str = "GB"
    time_zone: str = "Europe/London"
    mail_from: str = "bookings@localhost"


_current = Policy()


def configure(policy: Policy) -> None:
    """Set the rules of this process."""
    global _current  # noqa: PLW0603  one process serves one practice
    _current = policy


def current() -> Policy:
    """The rules in force."""
    return _current
