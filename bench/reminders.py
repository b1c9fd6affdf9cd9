"""Reminders through storms: `python -m bench.reminders` kills jobs processes at random while they fall due.

The jobs processes are the real ones, with the real adapter for WhatsApp against its stand-in, which fails, hangs and
drops connections at random, and keeps its own book. The tests run a short storm with the same code.
"""

import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.appointments.models import Appointment, AppointmentChange
from portal.bootstrap import db, wire
from portal.core import clock
from portal.core.db import engine_for
from portal.core.permissions import SYSTEM
from portal.core.postgres import Cluster
from portal.notifications.models import Delivery, Watermark
from portal.people.commands import create_clinician, create_patient
from portal.sandbox.program import Sandbox
from portal.scheduling.queries import services_of
from portal.settings import PROJECT_ROOT, Settings

DAY = timedelta(days=1)
KEYS = {"GALLABOX_API_KEY": "key", "GALLABOX_API_SECRET": "secret", "GALLABOX_CHANNEL_ID": "channel"}
WILD = {"error": 0.1, "busy": 0.05, "hang": 0.05, "drop": 0.1, "retry_after": 2, "hang_seconds": 6, "seed": 7}
CALM: dict[str, float] = {}
LOOK_SECONDS = 0.1
BACKLOG = 10_000
LONGEST_START = 120.0


@dataclass
class Storm:
    """How much falls due, in how long, to how many processes. `kills` a second, at random."""

    reminders: int = 500
    seconds: float = 120.0
    processes: int = 3
    kills: float = 0.5
    changes: int = 40
    manners: Mapping[str, float] = field(default_factory=lambda: dict(WILD))
    seed: int = 2


@dataclass
class Outcome:
    """What came of it. `told_wrong` are messages that left for a time which was given up before."""

    due: int
    sent: int
    listed: int
    lost: int
    twice: int
    told_wrong: int
    kills: int
    attempts: int
    late_median: float
    late_p99: float
    drained: float

    def lines(self) -> Iterator[str]:
        yield f"reminders due {self.due}: sent {self.sent}, listed for staff {self.listed}, silently lost {self.lost}"
        yield f"messages that the provider took twice: {self.twice}; for a time given up before: {self.told_wrong}"
        yield f"processes killed: {self.kills}; attempts {self.attempts}"
        yield f"late: median {self.late_median:.1f} s, 99 of 100 within {self.late_p99:.1f} s"
        yield f"all settled after {self.drained:.1f} s"


def run(url: str, storm: Storm, place: Path) -> Outcome:
    """Let it blow on an empty database with all tables."""
    wire(Settings())
    engine = engine_for(url)
    with _provider(url, place) as (sandbox, environment):
        visits = _falling_due(engine, storm)
        began = time.monotonic()
        kills, given_up = _blow(engine, storm, environment, sandbox, visits)
        _teach(sandbox, CALM)
        with _processes(environment, storm.processes):
            _wait_until_drained(engine)
        drained = time.monotonic() - began
        book = sandbox.book.messages()
        outcome = _outcome(engine, book, given_up)
    engine.dispose()
    outcome.kills, outcome.drained = kills, drained
    return outcome


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def backlog(url: str, reminders: int, processes: int, place: Path) -> float:
    """All of them due at once, against a provider that answers in 50 ms: seconds until the last has left."""
    wire(Settings())
    engine = engine_for(url)
    with _provider(url, place) as (sandbox, environment):
        _falling_due(engine, Storm(reminders=reminders, seconds=0))
        sandbox.behaviour.change({"of": "gallabox", "hang": 1.0, "hang_seconds": 0.05})
        began = time.monotonic()
        with _processes(environment, processes), engine.connect() as connection:
            left = text("SELECT count(*) FROM delivery WHERE status = 'SENT'")
            while connection.scalar(left) != reminders:
                connection.rollback()
                time.sleep(0.5)
    engine.dispose()
    return time.monotonic() - began


@contextmanager
def _provider(url: str, place: Path) -> Iterator[tuple[Sandbox, dict[str, str]]]:
    """The stand-in, and the environment of jobs processes that send through it."""
    settings = Settings.from_environment({**KEYS, "PORTAL_ENV": "test", "PORTAL_INSTANCE": str(place)})
    with Sandbox(settings, port=0, smtp_port=_free_port()) as sandbox:
        yield (
            sandbox,
            {
                **os.environ,
                **KEYS,
                "DATABASE_URL": url,
                "PORTAL_ENV": "test",
                "LOG_LEVEL": "ERROR",
                "PROVIDER_TIMEOUT_SECONDS": "2",
                "QUIET_FROM_HOUR": "0",
                "QUIET_UNTIL_HOUR": "0",
                "WHATSAPP_BASE_URL": f"{sandbox.address}/gallabox",
            },
        )


def _falling_due(engine: Engine, storm: Storm) -> list[int]:
    """Visits tomorrow whose reminders fall due one after the other, all booked days ago."""
    dice, now = random.Random(storm.seed), clock.now()
    with Session(engine) as session:
        clinician = create_clinician(
            session,
            by=SYSTEM,
            at=now - 30 * DAY,
            full_name="Jane Smith",
            title="Dr",
            phone=None,
            email="jane@example.org",
            username="jane",
            password=None,
            centre_ids=[],
            primary_centre_id=None,
            consultation_fee_minor=5000,
            default_duration_minutes=30,
            currency="GBP",
            time_zone="Europe/London",
        )
        session.flush()
        service = services_of(session, clinician.id)[0]
        patients = [
            create_patient(
                session,
                by=SYSTEM,
                full_name="Ana Silva",
                phone=f"+4477{number:08}",
                email=None,
                at=now - 30 * DAY,
            )
            for number in range(storm.reminders)
        ]
        session.add(Watermark(name="reminders", reached=now - timedelta(seconds=5)))
        session.flush()
        rows = [
            _visit(clinician.id, service.id, patient.id, now, dice.uniform(0, storm.seconds * 0.9))
            for patient in patients
        ]
        ids = list(session.scalars(insert(Appointment).returning(Appointment.id), rows))
        session.commit()
    return ids


def _visit(clinician: int, service: int, patient: int, now: datetime, later: float) -> dict[str, object]:
    starts_at = now + DAY + timedelta(seconds=later)
    booked_at = now - 3 * DAY
    return {
        "clinician_id": clinician,
        "service_id": service,
        "patient_id": patient,
        "session_type": "ONLINE",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=30),
        "time_zone": "Europe/London",
        "status": "CONFIRMED",
        "fee_minor": 5000,
        "currency": "GBP",
        "channel": "DESK",
        "booked_at": booked_at,
        "created_at": booked_at,
        "updated_at": booked_at,
        "version": 1,
    }


def _blow(
    engine: Engine, storm: Storm, environment: dict[str, str], sandbox: Sandbox, visits: list[int]
) -> tuple[int, dict[int, str]]:
    """Kill and change things at random; how many were killed, and when which visit's time was given up."""
    _teach(sandbox, storm.manners)
    dice, kills, given_up = random.Random(storm.seed), 0, {}
    to_change = dice.sample(visits, storm.changes)
    every = storm.seconds / (storm.changes + 1)
    with _processes(environment, storm.processes) as running:
        _wait_for_the_first(engine)
        end, next_change = time.monotonic() + storm.seconds, time.monotonic() + every
        while time.monotonic() < end:
            time.sleep(LOOK_SECONDS)
            if dice.random() < storm.kills * LOOK_SECONDS:
                place = dice.randrange(storm.processes)
                running[place].send_signal(signal.SIGKILL)
                running[place].wait()
                running[place] = _process(environment)
                kills += 1
            if to_change and time.monotonic() >= next_change:
                next_change += every
                visit = to_change.pop()
                given_up[visit] = _give_up(engine, visit, is_moved=bool(len(to_change) % 2))
    return kills, given_up


def _wait_for_the_first(engine: Engine) -> None:
    """Nobody is killed before there is work under way."""
    deadline = time.monotonic() + LONGEST_START
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(text("SELECT count(*) FROM delivery WHERE attempts > 0")):
            if time.monotonic() > deadline:
                raise RuntimeError("no jobs process sends anything")
            time.sleep(LOOK_SECONDS)


def _give_up(engine: Engine, visit: int, *, is_moved: bool) -> str:
    """Cancel it, or move it by a week: as the commands write it. The instant is read after the commit."""
    with Session(engine) as session:
        appointment = session.get_one(Appointment, visit)
        appointment.version += 1
        if is_moved:
            appointment.starts_at += 7 * DAY
            appointment.ends_at += 7 * DAY
            kind = "rescheduled"
        else:
            appointment.status, appointment.cancelled_at, appointment.cancelled_by = (
                "CANCELLED",
                clock.now(),
                "CENTRE",
            )
            kind = "cancelled"
        session.add(
            AppointmentChange(
                appointment_id=visit,
                kind=kind,
                to_status=appointment.status,
                starts_at=appointment.starts_at,
                version=appointment.version,
                changed_at=clock.now(),
            )
        )
        session.commit()
    return clock.now().isoformat()


def _process(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "portal.jobs.runner"], cwd=PROJECT_ROOT, env=environment)


@contextmanager
def _processes(environment: dict[str, str], number: int) -> Iterator[list["subprocess.Popen[bytes]"]]:
    running = [_process(environment) for _ in range(number)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def _teach(sandbox: Sandbox, manners: Mapping[str, float]) -> None:
    sandbox.behaviour.change({"of": "gallabox", **manners})


def _wait_until_drained(engine: Engine) -> None:
    """Until all that fell due is settled; what waits for its next attempt is let go at once."""
    deadline = time.monotonic() + 120
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while time.monotonic() < deadline:
            connection.execute(text("UPDATE delivery SET due_at = now() WHERE status = 'PENDING'"))
            waiting = text(
                "SELECT (SELECT count(*) FROM delivery WHERE status IN ('PENDING', 'SENDING')) + (SELECT count(*) "
                "FROM appointment a WHERE status = 'CONFIRMED' AND starts_at <= now() + interval '1 day' AND NOT "
                "EXISTS (SELECT FROM delivery d WHERE d.appointment_id = a.id))"
            )
            if not connection.scalar(waiting):
                return
            time.sleep(0.3)


def _outcome(engine: Engine, book: list[dict[str, object]], given_up: dict[int, str]) -> Outcome:
    with Session(engine) as session:
        rows = list(session.scalars(select(Delivery).where(Delivery.offset_minutes == 1440)))
        live = set(
            session.scalars(
                select(Appointment.id).where(
                    Appointment.status == "CONFIRMED", Appointment.starts_at <= clock.now() + DAY
                )
            )
        )
    taken: dict[str, list[str]] = {}
    for entry in book:
        taken.setdefault(str(entry["key"]), []).append(str(entry["at"]))
    sent = {row.appointment_id for row in rows if str(row.key) in taken}
    listed = {row.appointment_id for row in rows if row.status in {"FAILED", "MISSED"}}
    late = sorted(
        (row.sent_at - (row.starts_at - DAY)).total_seconds() for row in rows if row.sent_at and row.starts_at
    )
    return Outcome(
        due=len(live),
        sent=len(sent),
        listed=len(listed),
        lost=len(live - sent - listed),
        twice=sum(len(times) > 1 for times in taken.values()),
        told_wrong=sum(
            _is_after(taken.get(str(row.key), []), given_up.get(row.appointment_id or 0)) for row in rows
        ),
        kills=0,
        attempts=sum(row.attempts for row in rows),
        late_median=statistics.median(late) if late else 0.0,
        late_p99=late[int(len(late) * 0.99) - 1] if late else 0.0,
        drained=0.0,
    )


def _is_after(times: list[str], given_up: str | None) -> bool:
    """Did the provider get it later than a breath after the time was given up? What is on the wire then, is."""
    if given_up is None:
        return False
    limit = datetime.fromisoformat(given_up) + timedelta(seconds=0.5)
    return any(datetime.fromisoformat(at) > limit for at in times)


@contextmanager
def _empty_database(cluster: Cluster, name: str) -> Iterator[str]:
    """One with all tables."""
    cluster.create_database(name)
    url = cluster.url(name).render_as_string(hide_password=False)
    app = create_app(Settings(database_url=url))
    with app.app_context():
        upgrade(directory=str(PROJECT_ROOT / "migrations"))
        db.engine.dispose()
    yield url


def main() -> None:
    storm = Storm()
    with tempfile.TemporaryDirectory(prefix="bench-") as place, Cluster(Path(place) / "pg").join() as cluster:
        with _empty_database(cluster, "backlog") as url:
            seconds = backlog(url, BACKLOG, 1, Path(place))
        print(
            f"{BACKLOG} reminders due at once left within {seconds:.0f} s of the jobs' start (budget 60)",
            flush=True,
        )
        print(
            f"{storm.reminders} reminders in {storm.seconds:.0f} s, {storm.processes} jobs processes, "
            f"one killed every {1 / storm.kills:.0f} s, {storm.changes} visits cancelled or moved meanwhile"
        )
        with _empty_database(cluster, "storm") as url:
            for line in run(url, storm, Path(place)).lines():
                print(line)


if __name__ == "__main__":
    main()
