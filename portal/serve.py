"""The whole product on one machine, `make run`: database, migrations, demo practice, web server and jobs."""

import http.client
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from types import FrameType
from typing import Never

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import exists, select

from portal import stand_ins
from portal.app import create_app
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.core.postgres_programs import NoServer
from portal.database import Database, database, libpq_address
from portal.settings import PROJECT_ROOT, Environment, Settings, SettingsError
from portal.supervisor import ChildFailed, Supervisor

TURN_SECONDS = 0.2
PREPARING_LOCK = 774_202  # held while tables are made and the demo practice is loaded: starters take turns
PORT_SECONDS = 3.0  # the web server of an instance that was killed needs a moment to leave
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Serve until Ctrl-C or SIGTERM."""
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup means it
            signal.signal(number, _interrupt)
    stop_with_make = _stopper()
    try:
        settings = Settings.from_environment()
        _require_free_port(settings)
        with database(settings) as served:
            os.environ["DATABASE_URL"] = served.url
            if settings.env is Environment.DEMO:
                os.environ.update(stand_ins.environment(os.environ, portal=_address(settings)))
                os.environ.update(stand_ins.prices(os.environ))
            _prepare(Settings.from_environment())
            _supervise(settings, served, stop_with_make)
    except KeyboardInterrupt:
        _say("Stopped.")
    except (SettingsError, NoServer, ChildFailed) as error:
        sys.exit(str(error))


def _interrupt(_number: int, _frame: FrameType | None) -> Never:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # stopping is not to be interrupted half way
    raise KeyboardInterrupt


def _stopper() -> Callable[[], None]:
    """A check that ends us when the `make` that started us was killed: it could not pass the signal on."""
    parent = os.getppid() if "MAKELEVEL" in os.environ else None

    def check() -> None:
        if parent not in {None, os.getppid()}:
            raise KeyboardInterrupt

    return check


def _require_free_port(settings: Settings) -> None:
    deadline = time.monotonic() + PORT_SECONDS
    while (reason := _why_not_free(settings.host, settings.port)) is not None:
        if time.monotonic() > deadline:
            raise SettingsError(
                f"PORT: {settings.host}:{settings.port} cannot be used ({reason}). "
                f"Choose another one: make run PORT={settings.port + 1}"
            )
        time.sleep(0.2)


def _why_not_free(host: str, port: int) -> str | None:
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            return error.strerror
    return None


def _prepare(settings: Settings) -> None:
    """Bring the tables up to date and fill an empty demo; whoever starts at the same moment waits."""
    with psycopg.connect(libpq_address(settings.database_url or ""), autocommit=True) as connection:
        # Asked now and then: a statement that waits would keep an index from being made beside the work.
        while connection.execute("SELECT pg_try_advisory_lock(%s)", [PREPARING_LOCK]).fetchone() != (True,):
            time.sleep(TURN_SECONDS)
        app = create_app(settings)
        with app.app_context():
            upgrade(directory=str(PROJECT_ROOT / "migrations"))
            is_empty = not db.session.scalar(select(exists(select(Centre.id))))
            db.session.close()
            if is_empty and settings.env is Environment.DEMO:
                _load_demo(app)
            db.engine.dispose()


def _load_demo(app: Flask) -> None:
    from portal import demo  # noqa: PLC0415  only an empty demo needs it

    _say("Loading the demo practice ...")
    demo.load(app)


def _supervise(settings: Settings, served: Database, stop_with_make: Callable[[], None]) -> None:
    metrics = settings.instance_path.resolve() / f"metrics-{settings.port}"
    shutil.rmtree(metrics, ignore_errors=True)  # figures of processes that are gone
    metrics.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
    with Supervisor(_programs(settings)) as supervisor:
        supervisor.wait_until(lambda: _is_healthy(settings))
        _greet(settings)
        supervisor.watch(stop_with_make, served.keep_up)


def _programs(settings: Settings) -> dict[str, list[str]]:
    programs = {"web": _gunicorn(settings), "jobs": [sys.executable, "-m", "portal.jobs.runner"]}
    if settings.env is Environment.DEMO and "SANDBOX_PORT" in os.environ:
        programs["sandbox"] = [sys.executable, "-m", "portal.sandbox"]
    return programs


def _gunicorn(settings: Settings) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "--bind", f"{settings.host}:{settings.port}"),
        *("--worker-class", "gthread", "--workers", str(settings.web_processes)),
        *("--threads", str(settings.web_threads), "--graceful-timeout", "5"),
        "--no-control-socket",  # its path is the same for all instances
        *("--log-level", "warning", "wsgi:app"),
    ]


def _is_healthy(settings: Settings) -> bool:
    try:
        with closing(
            http.client.HTTPConnection(_visible_host(settings), settings.port, timeout=5)
        ) as connection:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


def _visible_host(settings: Settings) -> str:
    return "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104  compared, not bound


def _address(settings: Settings) -> str:
    host = _visible_host(settings)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _greet(settings: Settings) -> None:
    _say(f"\n{settings.portal_name} is ready: {_address(settings)}\n")
    if settings.env is Environment.DEMO:
        from portal import demo  # noqa: PLC0415

        _say(demo.ACCOUNTS)
        if port := os.environ.get("SANDBOX_PORT"):
            _say(f"Messages and payments go to stand-ins: http://{stand_ins.HOST}:{port}/book.json\n")
    _say("Ctrl-C stops it.")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
