"""What every test may ask for: a real PostgreSQL, the application on it, a clock that stands still.

All workers share one embedded server, started without durability in a short-lived directory. Each worker works in
a database of its own, copied from a template that the migrations have made.
"""

import fcntl
import gc
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from portal.app import create_app
from portal.bootstrap import db, wire
from portal.core import clock
from portal.core.db import engine_for
from portal.core.postgres import Cluster
from portal.delivery.practice_rules import KEY as RULES
from portal.settings import PROJECT_ROOT, Environment, Settings
from tests.chromium import executable
from tests.reviewer import ReviewingClient

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning in winter: the spring change is four weeks away."""

hypothesis_settings.register_profile(
    "portal", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
hypothesis_settings.load_profile("portal")


def settings_for(url: str, **changes: object) -> Settings:
    """The settings of a test deployment on that database."""
    return Settings(env=Environment.TEST, database_url=url, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="session", autouse=True)
def _wired() -> None:
    """Whichever file a worker begins with, events have their subscribers."""
    wire(Settings())


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The server that all workers of this run share; the last one to leave stops it."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    with _cluster_of(os.getppid() if is_worker else os.getpid()).join() as joined:
        yield joined


def _cluster_of(run: int) -> Cluster:
    return Cluster(Path(tempfile.gettempdir()) / f"bookable-test-{run}", durable=False)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long go first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: not any(map(item.get_closest_marker, ("slow", "browser", "concurrency"))))


def pytest_collection_finish() -> None:
    """What has been imported stays: looking through it for garbage again and again is a twentieth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The process that leads the run, when all workers are done, leaves nothing behind."""
    if not hasattr(session.config, "workerinput"):
        cluster = _cluster_of(os.getpid())
        if cluster.root.exists():
            cluster.remove()
        _turn_file(cluster).unlink(missing_ok=True)


@pytest.fixture(scope="session")
def template_database(cluster: Cluster) -> str:
    """An empty database with all tables, made once a run by the migrations themselves."""
    with _one_at_a_time(cluster):
        marker = cluster.root / "template-is-ready"
        if not marker.exists():
            cluster.create_database("template_portal")
            url = cluster.url("template_portal").render_as_string(hide_password=False)
            app = create_app(settings_for(url))
            with app.app_context():
                upgrade(directory=str(PROJECT_ROOT / "migrations"))
                db.engine.dispose()
            marker.touch()
    return "template_portal"


@pytest.fixture(scope="session")
def database_url(cluster: Cluster, template_database: str) -> str:
    """This worker's own database."""
    return new_database(cluster, template_database, f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")


def new_database(cluster: Cluster, template: str, name: str) -> str:
    """Copy the template; the address of the copy."""
    with _one_at_a_time(cluster):
        cluster.create_database(name, template=template)
    return cluster.url(name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def app(database_url: str) -> Iterator[Flask]:
    """The application on this worker's database."""
    app = create_app(settings_for(database_url))
    app.config["WTF_CSRF_ENABLED"] = False  # tests/web/test_csrf.py turns it on and tries every form
    app.test_client_class = ReviewingClient
    yield app
    with app.app_context():
        db.engine.dispose()


PracticeSets = Callable[..., None]


@pytest.fixture
def practice_sets(app: Flask, monkeypatch: pytest.MonkeyPatch) -> PracticeSets:
    """Change settings of the deployment for one test: practice_sets(front_desk_can_reschedule=True)."""

    def change(**changes: object) -> None:
        monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], **changes))

    return change


@pytest.fixture
def frozen() -> Iterator[datetime]:
    """The clock stands at NOW."""
    with clock.travel_to(NOW):
        yield NOW


@pytest.fixture
def session(app: Flask, frozen: datetime) -> Iterator[Session]:
    """A session whose work, and that of the application's own sessions, is undone after the test."""
    with app.app_context():
        engine = db.engine
    with engine.connect() as connection:
        outer = connection.begin()
        make = sessionmaker(bind=connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        proxy = scoped_session(make)
        original, db.session = db.session, cast("Session", proxy)
        rules = app.extensions[RULES]
        try:
            with make() as session:
                yield session
        finally:
            proxy.remove()
            db.session = original
            outer.rollback()
            rules.apply({})  # what a test changed of the practice's rules is undone like the rest
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM rate_limit"))  # counted outside the test's transaction


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """A browser that nobody is signed in with; it sees what `session` has flushed."""
    return app.test_client()


@pytest.fixture
def committed(cluster: Cluster, template_database: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database of the test's own, where commits are commits, for threads and races."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"race_{worker}_{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:10]}"
    engine = engine_for(new_database(cluster, template_database, name), pool_size=100)
    try:
        yield engine
    finally:
        engine.dispose()
        with cluster_connection(cluster) as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """This worker's Chromium; Playwright allows no second beside it."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield started
        started.close()


@contextmanager
def cluster_connection(cluster: Cluster) -> Iterator[Connection]:
    engine = engine_for(cluster.url("postgres").render_as_string(hide_password=False))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection
    engine.dispose()


@contextmanager
def _one_at_a_time(cluster: Cluster) -> Iterator[None]:
    """Workers take turns: a template cannot be copied while somebody is connected to it."""
    with _turn_file(cluster).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _turn_file(cluster: Cluster) -> Path:
    return Path(tempfile.gettempdir()) / f"{cluster.root.name}.lock"
