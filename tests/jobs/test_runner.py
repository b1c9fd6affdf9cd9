"""However many jobs processes run, one acts; when it is gone, another takes over."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.postgres import Cluster
from portal.database import libpq_address
from portal.jobs import runner
from portal.jobs.schedule import SCHEDULE, Job


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="bk", dir="/tmp") as place:
        Path(place).chmod(0o711)
        with Cluster(Path(place) / "pg", durable=False).join() as cluster:
            cluster.create_database("jobs")
            address = cluster.url("jobs").render_as_string(hide_password=False)
            with psycopg.connect(libpq_address(address), autocommit=True) as connection:
                connection.execute("CREATE TABLE run (name text, runner int)")
            yield address


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(runner, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(runner, "RETRY_SECONDS", 0.05)
    with psycopg.connect(libpq_address(url), autocommit=True) as connection:
        connection.execute("TRUNCATE run")


def noting(name: str, number: int) -> Job:
    """A job that writes down which runner ran it."""

    def note(session: Session) -> None:
        session.execute(text("INSERT INTO run VALUES (:name, :runner)"), {"name": name, "runner": number})
        session.commit()

    return Job(name, IntervalTrigger(seconds=0.1), note)


@contextmanager
def running(url: str, *jobs: Job) -> Iterator[Callable[[], None]]:
    """A runner in a thread of its own; gives the way to stop it."""
    stopping = threading.Event()
    thread = threading.Thread(target=runner.run, args=(url, stopping, jobs))
    thread.start()

    def stop() -> None:
        stopping.set()
        thread.join(timeout=10)
        assert not thread.is_alive()

    try:
        yield stop
    finally:
        stop()


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(libpq_address(url), autocommit=True) as connection:
        return connection.execute(statement.encode()).fetchall()


def eventually(fact: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def has_run(url: str, number: int) -> bool:
    return ask(url, f"SELECT count(*) > 1 FROM run WHERE runner = {number}") == [(True,)]


def test_of_two_runners_one_acts_and_the_other_takes_over(url: str) -> None:
    with running(url, noting("job", 1)) as stop_first:
        assert eventually(lambda: has_run(url, 1))
        with running(url, noting("job", 2)):
            time.sleep(0.5)
            assert ask(url, "SELECT DISTINCT runner FROM run") == [(1,)]

            stop_first()

            assert eventually(lambda: has_run(url, 2))


def test_a_runner_whose_connections_are_cut_begins_anew(url: str) -> None:
    with running(url, noting("job", 1)):
        assert eventually(lambda: has_run(url, 1))
        ask(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                 " AND datname = 'jobs'")  # fmt: skip
        ask(url, "DELETE FROM run RETURNING 1")

        assert eventually(lambda: has_run(url, 1))


def test_a_job_that_fails_does_not_stop_the_others(url: str, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_session: Session) -> None:
        raise RuntimeError("the poison in one job")

    with running(url, Job("broken", IntervalTrigger(seconds=0.1), fail), noting("job", 1)):
        assert eventually(lambda: has_run(url, 1))

    assert "the poison in one job" in caplog.text


def test_every_job_of_the_product_has_its_own_name() -> None:
    names = [job.name for job in SCHEDULE]

    assert len(names) == len(set(names))
