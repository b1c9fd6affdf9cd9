"""A connection that the database has ended is noticed before anybody works with it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from portal.core import connections
from portal.core.db import engine_for


@pytest.fixture
def pooled(committed: Engine) -> Iterator[Engine]:
    """An engine that keeps one connection, as each process of the product keeps some."""
    engine = engine_for(committed.url.render_as_string(hide_password=False), pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()


@pytest.fixture
def after_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ASKED_AFTER", -1.0)


def server_of(engine: Engine) -> int:
    """The process of the server behind the connection that comes out of the pool next."""
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)


def end(database: Engine, server: int) -> None:
    """As a restart or an administrator does; back when it has gone."""
    with database.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:server, 5000)"), {"server": server})


def test_one_connection_serves_one_after_the_other(pooled: Engine) -> None:
    assert server_of(pooled) == server_of(pooled)


def test_whoever_comes_after_the_database_has_restarted_notices_nothing(
    committed: Engine, pooled: Engine
) -> None:
    before = server_of(pooled)
    end(committed, before)
    assert server_of(pooled) not in {0, before}


@pytest.mark.usefixtures("after_a_rest")
def test_after_a_rest_the_server_is_asked_and_the_connection_is_as_good_as_before(pooled: Engine) -> None:
    before = server_of(pooled)
    assert server_of(pooled) == before
    with pooled.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE mine (id int)"))
        connection.rollback()
        assert connection.scalar(text("SELECT to_regclass('mine') IS NULL"))


@pytest.mark.usefixtures("after_a_rest")
def test_after_a_rest_a_server_that_has_gone_is_replaced_too(committed: Engine, pooled: Engine) -> None:
    before = server_of(pooled)
    end(committed, before)
    assert server_of(pooled) not in {0, before}


def test_a_notice_that_nobody_asked_for_ends_no_connection(committed: Engine, pooled: Engine) -> None:
    with pooled.connect() as connection:
        before = connection.scalar(text("SELECT pg_backend_pid()"))
        connection.execute(text("LISTEN news"))
        connection.commit()
    with committed.begin() as other:
        other.execute(text("NOTIFY news"))
    assert server_of(pooled) == before
