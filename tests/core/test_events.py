"""Say what happened; let others care."""

from collections import defaultdict
from dataclasses import dataclass
from unittest.mock import sentinel

import pytest

from portal.core.events import publish, subscribe

SESSION = sentinel.session


@dataclass(frozen=True)
class BellRung:
    """Somebody is at the door."""

    times: int


class DoorBellRung(BellRung):
    """A kind of it, which nobody has asked for."""


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.core.events._subscribers", defaultdict(list))


def test_subscribers_are_told_in_order_and_each_once_however_often_they_are_wired() -> None:
    told: list[object] = []

    def first(session: object, event: BellRung) -> None:
        told.append((1, session, event.times))

    def second(session: object, event: BellRung) -> None:
        told.append((2, session, event.times))

    for _ in range(2):
        subscribe(BellRung, first, second)
    publish(SESSION, BellRung(3))
    assert told == [(1, SESSION, 3), (2, SESSION, 3)]


def test_an_event_is_for_those_who_asked_for_exactly_it() -> None:
    told: list[object] = []
    subscribe(BellRung, lambda _session, event: told.append(event))
    publish(SESSION, DoorBellRung(1))
    publish(SESSION, "something else")
    assert told == []


def test_an_error_of_a_subscriber_is_the_publishers() -> None:
    def fail(session: object, event: object) -> None:
        raise LookupError

    subscribe(BellRung, fail)
    with pytest.raises(LookupError):
        publish(SESSION, BellRung(1))
