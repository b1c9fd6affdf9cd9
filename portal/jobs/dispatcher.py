"""Sends what is due, in every jobs process: any number may run, a claim is one process's alone.

Each channel has two lanes with threads of their own, so that a provider that hangs delays no other channel and a
backlog of reminders no sign-in code. The network is only ever called between transactions.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import in_transaction
from portal.notifications.channels import Outgoing, Refused, Sender, Unavailable
from portal.notifications.models import Channel
from portal.notifications.sending import Claim, claim_due, prepare, settle_failed, settle_sent

log = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_SECONDS = 0.5
RETRY_SECONDS = 5.0
ORDINARY_THREADS, URGENT_THREADS = 16, 4
FAILURES_BEFORE_PAUSE = 5
LONGEST_PAUSE = timedelta(minutes=2)


class Lane:
    """One channel's urgent messages, or its others."""

    def __init__(
        self, engine: Engine, channel: Channel, sender: Sender, *, is_urgent: bool, lease: timedelta
    ) -> None:
        self._engine, self._channel, self._sender = engine, channel, sender
        self._is_urgent, self._lease = is_urgent, lease
        self._threads = URGENT_THREADS if is_urgent else ORDINARY_THREADS
        self._free = threading.Semaphore(self._threads)
        self._failures = 0
        self._paused_until: datetime | None = None
        self.name = f"{channel.lower()}-{'urgent' if is_urgent else 'ordinary'}"

    def run(self, stopping: threading.Event) -> None:
        """Send until `stopping` is set; what is under way is finished first."""
        with ThreadPoolExecutor(self._threads, thread_name_prefix=self.name) as pool:
            while not stopping.is_set():
                try:
                    claims = self._claim()
                except Exception as error:  # noqa: BLE001  a lane that ended would be missed by nobody
                    log.warning("messages wait for the database: %s", type(error).__name__)
                    stopping.wait(RETRY_SECONDS)
                    continue
                for claim in claims:
                    pool.submit(self._deliver, claim)
                if not claims:
                    stopping.wait(LOOK_SECONDS)

    def _claim(self) -> list[Claim]:
        """As many due rows as there are free threads, waiting for the first to be free."""
        if self._is_paused() or not self._free.acquire(timeout=LOOK_SECONDS):
            return []
        places = 1
        while self._free.acquire(blocking=False):
            places += 1
        claims: list[Claim] = []
        try:
            claims = self._in_transaction(lambda session: self._claimed(session, places))
        finally:
            for _ in range(places - len(claims)):
                self._free.release()
        return claims

    def _claimed(self, session: Session, limit: int) -> list[Claim]:
        return list(
            claim_due(
                session,
                self._channel,
                is_urgent=self._is_urgent,
                limit=limit,
                at=clock.now(),
                lease=self._lease,
            )
        )

    def _deliver(self, claim: Claim) -> None:
        """One message, from its row to the provider and back. What nobody settles comes back when its lease ends."""
        try:
            message = self._prepared(claim)
            if message is not None:
                self._send(claim, message)
        except Exception:
            log.exception("a message could not be settled", extra={"delivery": claim.delivery_id})
        finally:
            self._free.release()

    def _prepared(self, claim: Claim) -> Outgoing | None:
        try:
            return self._in_transaction(lambda session: prepare(session, claim, at=clock.now()))
        except DBAPIError:
            raise
        except Exception as error:
            log.exception("a message could not be written", extra={"delivery": claim.delivery_id})
            self._settle_failed(claim, Unavailable(f"It could not be written ({type(error).__name__})."))
            return None

    def _send(self, claim: Claim, message: Outgoing) -> None:
        try:
            provider_id = self._sender.send(message)
        except (Refused, Unavailable) as error:
            self._note_failure(error)
            self._settle_failed(claim, error)
        else:
            self._failures = 0
            self._in_transaction(
                lambda session: settle_sent(session, claim, message, provider_id, at=clock.now())
            )

    def _settle_failed(self, claim: Claim, error: Refused | Unavailable) -> None:
        self._in_transaction(lambda session: settle_failed(session, claim, error, at=clock.now()))

    def _in_transaction(self, work: Callable[[Session], T]) -> T:
        """In a session of its own: nothing is held while a provider is spoken to."""
        with Session(self._engine, expire_on_commit=False) as session:
            return in_transaction(session, lambda: work(session))

    def _note_failure(self, error: Refused | Unavailable) -> None:
        """A provider that asks for patience, or fails again and again, is left alone for a while."""
        if not isinstance(error, Unavailable):
            self._failures = 0
            return
        self._failures += 1
        pause = timedelta(seconds=error.retry_after or 0)
        if self._failures >= FAILURES_BEFORE_PAUSE:
            pause = max(pause, timedelta(seconds=2 ** (self._failures - FAILURES_BEFORE_PAUSE)))
        if pause:
            self._paused_until = clock.now() + min(pause, LONGEST_PAUSE)

    def _is_paused(self) -> bool:
        return self._paused_until is not None and clock.now() < self._paused_until


class Dispatcher:
    """All lanes of a process."""

    def __init__(self, engine: Engine, senders: Mapping[Channel, Sender], *, lease: timedelta) -> None:
        self._lanes = [
            Lane(engine, channel, sender, is_urgent=is_urgent, lease=lease)
            for channel, sender in senders.items()
            for is_urgent in (True, False)
        ]
        self._threads: list[threading.Thread] = []

    def start(self, stopping: threading.Event) -> None:
        """Begin to send, until `stopping` is set."""
        self._threads = [
            threading.Thread(target=lane.run, args=(stopping,), name=lane.name) for lane in self._lanes
        ]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait for what is under way."""
        for thread in self._threads:
            thread.join()
