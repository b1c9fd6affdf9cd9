"""Those who listen in this process: what each is meant by, and what it has yet to be told."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.conversations.commands import team
from portal.conversations.rules import is_team_member
from portal.core import live
from portal.core.permissions import Actor

QUEUE_LENGTH = 200
OF_CENTRES = (live.centre(None).removesuffix("None"), team(None).removesuffix("None"))


@dataclass(frozen=True)
class Heard:
    """An announcement and the instant at which this process heard it."""

    name: str
    audience: frozenset[str]
    data: dict[str, Any]
    at: datetime


@dataclass(frozen=True)
class Audience:
    """Whom a listener is: keys as in core/live.py; `is_everywhere` hears of all centres."""

    keys: frozenset[str]
    is_everywhere: bool = False

    def is_meant_by(self, heard: Heard) -> bool:
        if not self.keys.isdisjoint(heard.audience):
            return True
        return self.is_everywhere and any(key.startswith(OF_CENTRES) for key in heard.audience)


def audience_of(actor: Actor) -> Audience:
    """Whoever acts, by account, by what they work on, and by where."""
    keys = set() if actor.account_id is None else {live.account(actor.account_id)}
    if actor.clinician_id is not None:
        keys.add(live.clinician(actor.clinician_id))
    is_bound = actor.role is not None and actor.role.is_bound_to_centre
    if is_bound:
        keys |= {of(centre_id) for centre_id in actor.centre_ids for of in (live.centre, team)}
    return Audience(frozenset(keys), is_everywhere=is_team_member(actor) and not is_bound)


class Listener:
    """One open page or program: what it has yet to be told. `wake` is called from another thread.

    A visitor's has no `device_id`.
    """

    def __init__(self, audience: Audience, device_id: int | None, wake: Callable[[], None]) -> None:
        self.audience = audience
        self.device_id = device_id
        self.is_over = False
        self._wake = wake
        self._lock = threading.Lock()
        self._waiting: deque[Heard] = deque()
        self._has_missed = False

    def hear(self, heard: Heard) -> None:
        """Keep it for the listener; one that does not keep up has to look for itself."""
        with self._lock:
            if len(self._waiting) >= QUEUE_LENGTH:
                self._waiting.clear()
                self._has_missed = True
            elif not self._has_missed:
                self._waiting.append(heard)
        self._wake()

    def look_again(self) -> None:
        """Something may have been missed."""
        with self._lock:
            self._waiting.clear()
            self._has_missed = True
        self._wake()

    def end(self) -> None:
        self.is_over = True
        self._wake()

    def take(self) -> list[Heard] | None:
        """What was heard since the last time, in order; None when some of it was missed."""
        with self._lock:
            heard, has_missed = list(self._waiting), self._has_missed
            self._waiting.clear()
            self._has_missed = False
        return None if has_missed else heard
