"""Say what happened; let others care. Subscribers run in the publisher's transaction and write rows, no more."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

Subscriber = Callable[[Session, Any], None]
_subscribers: dict[type, list[Subscriber]] = defaultdict(list)


def subscribe(event: type, *subscribers: Subscriber) -> None:
    """Wire subscribers to an event, in order; wiring the same one twice changes nothing."""
    wired = _subscribers[event]
    wired.extend(subscriber for subscriber in subscribers if subscriber not in wired)


def publish(session: Session, event: object) -> None:
    """Tell each subscriber of the event's type. An error in one fails the whole change: they only write rows."""
    for subscriber in _subscribers[type(event)]:
        subscriber(session, event)
