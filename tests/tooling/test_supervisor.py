"""Programs that belong together start, come back when they die, and stop together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.supervisor import ChildFailed, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
SUPERVISE = f"""
from portal.supervisor import Supervisor
with Supervisor({{"sleeper": {SLEEP!r}}}) as supervisor:
    print(supervisor.pids()["sleeper"], flush=True)
    supervisor.watch()
"""


class Enough(Exception):
    """Ends the watch of a supervisor in a test."""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def eventually(fact: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_leaving_stops_every_program() -> None:
    with Supervisor({"one": SLEEP, "two": SLEEP}) as supervisor:
        pids = supervisor.pids().values()
        assert all(map(is_running, pids))

    assert not any(map(is_running, pids))


def test_a_program_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.supervisor.STOP_SECONDS", 0.3)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with Supervisor({"deaf": [sys.executable, "-c", deaf]}) as supervisor:
        pid = supervisor.pids()["deaf"]
        time.sleep(0.5)

    assert not is_running(pid)


def test_a_program_that_dies_is_started_again() -> None:
    with Supervisor({"one": SLEEP}) as supervisor:
        first = supervisor.pids()["one"]
        os.kill(first, signal.SIGKILL)

        def has_come_back() -> None:
            if supervisor.pids().get("one", first) != first:
                raise Enough

        with pytest.raises(Enough):
            supervisor.watch(has_come_back)


def test_a_program_that_ends_before_all_is_up_is_reported() -> None:
    with (
        Supervisor({"broken": [sys.executable, "-c", "raise SystemExit(3)"]}) as supervisor,
        pytest.raises(ChildFailed, match="broken ended with 3"),
    ):
        supervisor.wait_until(lambda: False)


def test_nothing_that_answers_in_time_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.supervisor.START_SECONDS", 0.1)
    with Supervisor({"silent": SLEEP}) as supervisor, pytest.raises(ChildFailed, match="answered"):
        supervisor.wait_until(lambda: False)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_a_killed_supervisor_leaves_no_programs_behind() -> None:
    with subprocess.Popen([sys.executable, "-c", SUPERVISE], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        child = int(supervisor.stdout.readline())
        assert is_running(child)

        supervisor.kill()
        supervisor.wait()

        assert eventually(lambda: not is_running(child))
