"""The jobs process: `python -m portal.jobs.runner`. Several may run; the one that holds the lock acts."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterable
from datetime import timedelta

import psycopg
from apscheduler.schedulers.background import BackgroundScheduler
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal import bootstrap, logs
from portal.core import clock
from portal.core.db import engine_for
from portal.database import libpq_address
from portal.delivery.practice_rules import RulesInForce
from portal.jobs import money, waiting_list
from portal.jobs.dispatcher import Dispatcher
from portal.jobs.schedule import SCHEDULE, Job
from portal.notifications.channels.registry import senders
from portal.settings import Settings

log = logging.getLogger("portal.jobs")  # not __name__, which is __main__ where this matters

DISPATCHER_CONNECTIONS = 16
LEASE_TIMEOUTS = (
    4  # how many time-outs of a provider a claim outlives: connecting, writing, reading, and one to spare
)
NICENESS = 5  # people who wait for a page come before what can wait a second
LEADER_LOCK = 774_201  # any number, the same in every copy
POLL_SECONDS = 1.0
RETRY_SECONDS = 5.0
# A leader that lost its server must notice before the server forgets it and lets another lead.
NOTICES_LOSS = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def run(url: str, stopping: threading.Event, schedule: Iterable[Job] = SCHEDULE) -> None:
    """Do the jobs until `stopping` is set; a database that goes away is waited for."""
    engine = engine_for(url, pool_size=2)
    while not stopping.is_set():
        try:
            _lead_when_possible(url, engine, stopping, schedule)
        except psycopg.OperationalError as error:
            log.warning("the jobs wait for the database: %s", error)
            stopping.wait(RETRY_SECONDS)
    engine.dispose()


def _lead_when_possible(url: str, engine: Engine, stopping: threading.Event, schedule: Iterable[Job]) -> None:
    """Wait for the lock, then run the schedule for as long as the connection that holds the lock lives."""
    address = make_conninfo(libpq_address(url), **NOTICES_LOSS)
    with psycopg.connect(address, autocommit=True) as connection:
        while not _is_leader(connection):
            if stopping.wait(POLL_SECONDS):
                return
        log.info("this process runs the jobs")
        scheduler = _scheduler(engine, schedule)
        scheduler.start()
        try:
            while not stopping.wait(POLL_SECONDS):
                connection.execute("SELECT 1")
        finally:
            scheduler.shutdown()


def _is_leader(connection: "psycopg.Connection[tuple[object, ...]]") -> bool:
    answer = connection.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK]).fetchone()
    return answer is not None and answer[0] is True


def _scheduler(engine: Engine, schedule: Iterable[Job]) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in schedule:
        scheduler.add_job(
            _perform,
            job.trigger,
            args=[engine, job],
            id=job.name,
            name=job.name,
            next_run_time=clock.now(),  # whoever takes over asks at once what has become due meanwhile
        )
    return scheduler


def _perform(engine: Engine, job: Job) -> None:
    with Session(engine, expire_on_commit=False) as session:
        job.function(session)


def _dispatcher(settings: Settings) -> Dispatcher:
    """What sends, whether or not this process is the one that runs the schedule."""
    lease = LEASE_TIMEOUTS * timedelta(seconds=settings.provider_timeout_seconds)
    engine = engine_for(settings.database_url or "", pool_size=DISPATCHER_CONNECTIONS)
    return Dispatcher(engine, senders(settings), lease=lease)


def main() -> None:
    """Run until SIGTERM or SIGINT; work in progress is finished first."""
    settings = Settings.from_environment()
    logs.init_app(settings)
    os.nice(NICENESS)
    # The scheduler reports jobs that fail.
    logging.getLogger("apscheduler").handlers = logging.getLogger("portal").handlers
    if settings.database_url is None:
        sys.exit("DATABASE_URL is not set. `make run` starts the jobs together with the rest.")
    bootstrap.wire(settings)
    rules = RulesInForce(settings, libpq_address(settings.database_url), bootstrap.wire)
    rules.follow()
    stopping = threading.Event()
    dispatcher = _dispatcher(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    dispatcher.start(stopping)

    def in_force() -> Settings:
        return rules.settings

    run(settings.database_url, stopping, (*SCHEDULE, *money.jobs(in_force), *waiting_list.jobs(in_force)))
    dispatcher.join()


if __name__ == "__main__":
    main()
