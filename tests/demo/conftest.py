"""The demo practice, loaded once for all who look at it."""

import os
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from portal import demo
from portal.app import create_app
from portal.core import clock
from portal.core.db import engine_for
from portal.core.postgres import Cluster
from tests.conftest import NOW, cluster_connection, new_database, settings_for


@pytest.fixture(scope="package")
def engine(cluster: Cluster, template_database: str) -> Iterator[Engine]:
    """A database into which the demo was loaded once, on a Monday morning; look, do not touch."""
    name = f"demo_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    engine = engine_for(new_database(cluster, template_database, name))
    load(engine, NOW)
    yield engine
    engine.dispose()
    with cluster_connection(cluster) as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def looking(engine: Engine) -> Iterator[Session]:
    """Reads the loaded demo; what a test writes all the same is undone."""
    with Session(engine) as session:
        yield session
        session.rollback()


def load(engine: Engine, at: datetime) -> None:
    """Load the demo as if it were that instant."""
    app = create_app(settings_for(engine.url.render_as_string(hide_password=False)))
    with clock.travel_to(at):
        demo.load(app)
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
