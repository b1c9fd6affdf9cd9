"""A saved database can be put back, whole, over whatever is there."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portal import backup
from portal.core.postgres import Cluster
from portal.database import libpq_address


@pytest.fixture
def address() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="bk", dir="/tmp") as place:
        Path(place).chmod(0o711)
        with Cluster(Path(place) / "pg", durable=False).join() as cluster:
            cluster.create_database("practice")
            yield libpq_address(cluster.url("practice"))


@pytest.fixture(autouse=True)
def backups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "BACKUPS", tmp_path / "backups")


def run(address: str, *statements: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def tables(address: str) -> set[str]:
    with psycopg.connect(address) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in found}


def test_a_backup_restores_what_was_and_removes_what_came_later(address: str) -> None:
    run(address, "CREATE EXTENSION pg_trgm", "CREATE TABLE visit AS SELECT 1 AS id")
    saved = backup.save(address)
    run(address, "INSERT INTO visit VALUES (2)", "CREATE TABLE later (id int)")

    backup.restore(address, saved)
    backup.restore(address, backup.save(address, "again"))

    assert tables(address) == {"visit"}
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT id FROM visit").fetchall() == [(1,)]


def test_a_file_that_is_no_backup_changes_nothing(address: str, tmp_path: Path) -> None:
    run(address, "CREATE TABLE visit (id int)")
    wrong = tmp_path / "wrong.dump"
    wrong.write_text("not a dump")

    with pytest.raises(subprocess.CalledProcessError):
        backup.restore(address, wrong)

    assert tables(address) == {"visit"}


def test_a_restore_that_fails_half_way_changes_nothing(address: str) -> None:
    run(address, "CREATE TABLE visit (id int)", "CREATE SCHEMA other", "CREATE TABLE other.thing (id int)")
    saved = backup.save(address)  # holds `other`, which a restore leaves in place: it will be in the way

    with pytest.raises(subprocess.CalledProcessError):
        backup.restore(address, saved)

    assert tables(address) == {"visit"}


def test_only_we_can_read_a_backup(address: str) -> None:
    saved = backup.save(address)

    assert saved.stat().st_mode & 0o777 == 0o600
    assert saved.parent.stat().st_mode & 0o777 == 0o700
