"""`make run`: everything comes up together, shares one database, and goes away together."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from portal.core.postgres import Cluster
from portal.settings import PROJECT_ROOT

pytestmark = pytest.mark.slow

Serve = Callable[[int], "subprocess.Popen[str]"]


@pytest.fixture
def instance() -> Iterator[Path]:
    """An empty instance directory; its server is gone when the test ends."""
    path = Path(tempfile.mkdtemp(prefix="bk", dir="/tmp"))
    path.chmod(0o711)
    yield path
    Cluster(path / "postgres").remove()
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def serve(instance: Path) -> Iterator[Serve]:
    """Start the product on a port, as `make run` does; whatever still runs is killed when the test ends."""
    started: list[subprocess.Popen[str]] = []

    def start(port: int) -> "subprocess.Popen[str]":
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"PORT": str(port), "PORTAL_ENV": "test", "PORTAL_INSTANCE": str(instance)}
        program = subprocess.Popen(
            [sys.executable, "-m", "portal.serve"],
            cwd=PROJECT_ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(program)
        return program

    yield start
    for program in started:
        program.kill()
        program.communicate()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(program: "subprocess.Popen[str]") -> None:
    assert program.stdout is not None
    said = ""
    for line in program.stdout:
        said += line
        if re.search(r"is ready: http://127\.0\.0\.1:\d+", line):
            return
    pytest.fail(f"it ended with {program.wait()}:\n{said}")


def health(port: int) -> str | None:
    """What the portal says of itself and its database, None where nothing answers."""
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", "/api/v1/health")
            answer = json.load(connection.getresponse())
            return str(answer["data"]["status"] if answer["success"] else answer["error"]["code"])
    except (OSError, http.client.HTTPException):
        return None


def eventually(fact: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def server_pid(instance: Path) -> int:
    return int((instance / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def test_two_instances_share_a_database_and_ctrl_c_stops_each(instance: Path, serve: Serve) -> None:
    one, other = free_port(), free_port()
    first, second = serve(one), serve(other)
    wait_until_ready(first)
    wait_until_ready(second)
    assert health(one) == health(other) == "healthy"

    first.send_signal(signal.SIGINT)
    assert first.wait(timeout=30) == 0
    assert health(one) is None
    assert health(other) == "healthy"

    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=30) == 0
    assert not (instance / "postgres" / "data" / "postmaster.pid").exists()


def test_after_everything_was_killed_it_starts_again_and_a_database_server_that_dies_is_started_again(
    instance: Path, serve: Serve
) -> None:
    port = free_port()
    killed = serve(port)
    wait_until_ready(killed)
    os.kill(server_pid(instance), signal.SIGKILL)
    killed.kill()

    again = serve(port)

    wait_until_ready(again)
    assert health(port) == "healthy"

    os.kill(server_pid(instance), signal.SIGKILL)

    assert eventually(lambda: health(port) == "healthy")


def test_a_port_in_use_is_told(serve: Serve) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said, _ = serve(port).communicate(timeout=30)

    assert f"127.0.0.1:{port} cannot be used" in said
    assert f"make run PORT={port + 1}" in said
