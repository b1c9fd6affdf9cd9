"""Lanes: what one provider does is its own matter, and what nobody expected loses no message."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from portal.core import clock
from portal.jobs import dispatcher
from portal.jobs.dispatcher import Dispatcher
from portal.notifications import sending
from portal.notifications.channels.registry import senders
from portal.notifications.composing import compose
from portal.notifications.models import Delivery
from tests.stand_ins import StandIns, stand_ins


@pytest.fixture
def there(tmp_path: Path) -> Iterator[StandIns]:
    with stand_ins(tmp_path) as there:
        yield there


@contextmanager
def dispatching(engine: Engine, there: StandIns) -> Iterator[None]:
    """A jobs process's dispatcher, without the process."""
    stopping = threading.Event()
    channels = senders(there.settings)
    running = Dispatcher(engine, channels, lease=timedelta(seconds=20))
    running.start(stopping)
    try:
        yield
    finally:
        stopping.set()
        running.join()
        for sender in channels.values():
            sender.close()


def write(engine: Engine, channel: str, number: int = 1, *, is_urgent: bool = False) -> list[int]:
    recipient = "ana@example.org" if channel == "EMAIL" else "+447700900123"
    rows = [
        Delivery(
            kind="sign-in-code" if is_urgent else "clinician-approved",
            channel=channel,
            recipient=recipient,
            subject="Hello",
            text="123456 is your sign-in code.",
            code="123456" if is_urgent else None,
            is_urgent=is_urgent,
            useful_until=clock.now() + timedelta(minutes=5),
            due_at=clock.now(),
            created_at=clock.now(),
        )
        for _ in range(number)
    ]
    with Session(engine) as session:
        session.add_all(rows)
        session.commit()
        return [row.id for row in rows]


def seconds_until_sent(engine: Engine, ids: list[int]) -> float:
    began = time.monotonic()
    sent = select(Delivery.id).where(Delivery.id.in_(ids), Delivery.status == "SENT")
    while time.monotonic() - began < 10:
        with Session(engine) as session:
            if len(session.scalars(sent).all()) == len(ids):
                return time.monotonic() - began
        time.sleep(0.05)
    pytest.fail("not sent within ten seconds")


@pytest.mark.concurrency
def test_a_provider_that_hangs_delays_no_other_channel_and_no_code(
    committed: Engine, there: StandIns
) -> None:
    there.behaviour.change({"of": "gallabox", "hang": 1.0, "hang_seconds": 30})
    stuck = write(committed, "WHATSAPP", 60)
    with dispatching(committed, there):
        time.sleep(0.7)  # its threads are all waiting by now
        others = write(committed, "EMAIL") + write(committed, "SMS", is_urgent=True)
        assert seconds_until_sent(committed, others) < 3
        there.behaviour.change({"of": "gallabox"})
        code = write(committed, "WHATSAPP", is_urgent=True)
        assert seconds_until_sent(committed, code) < 3
    with Session(committed) as session:
        waiting = session.scalars(select(Delivery.status).where(Delivery.id.in_(stuck))).all()
    assert set(waiting) <= {"PENDING", "SENDING", "SENT"}


@pytest.mark.concurrency
def test_a_message_that_cannot_be_written_is_given_back_and_the_rest_goes_out(
    committed: Engine, there: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    (broken,) = write(committed, "SMS")

    def fail(session: Session, delivery: Delivery, visits: object, recipient: str) -> object:
        if delivery.id == broken:
            raise LookupError("a bug")
        return compose(session, delivery, visits, recipient)  # type: ignore[arg-type]

    monkeypatch.setattr("portal.notifications.sending.compose", fail)
    with dispatching(committed, there):
        assert seconds_until_sent(committed, write(committed, "SMS", 3)) < 5
    with Session(committed) as session:
        row = session.get_one(Delivery, broken)
    assert (row.status, row.error) == ("PENDING", "It could not be written (LookupError).")


@pytest.mark.concurrency
def test_a_lane_outlives_whatever_stops_it_from_claiming(
    committed: Engine, there: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles = iter([PoolTimeoutError("no connection is free"), RuntimeError("a bug")])
    claim = sending.claim_due

    def fail_at_first(session: Session, channel: str, **asked: Any) -> object:
        trouble = next(troubles, None) if channel == "SMS" else None
        if trouble is not None:
            raise trouble
        return claim(session, channel, **asked)  # type: ignore[arg-type]

    monkeypatch.setattr(dispatcher, "RETRY_SECONDS", 0.1)
    monkeypatch.setattr("portal.jobs.dispatcher.claim_due", fail_at_first)
    with dispatching(committed, there):
        assert seconds_until_sent(committed, write(committed, "SMS", 3)) < 5


@pytest.mark.concurrency
def test_two_processes_send_each_message_once(committed: Engine, there: StandIns) -> None:
    ids = write(committed, "EMAIL", 40)
    with dispatching(committed, there), dispatching(committed, there):
        seconds_until_sent(committed, ids)
    assert sorted(there.book.counts().values()) == [1] * 40
