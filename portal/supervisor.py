"""Programs that belong together: started together, restarted when they die, stopped together."""

import contextlib
import ctypes
import itertools
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from portal.settings import PROJECT_ROOT

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
OTHERS_EVERY = 20  # looks
START_SECONDS = 120.0  # all of it is imported three times at once, on machines that may be slow
STOP_SECONDS = 10.0
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0  # a child that lived this long is restarted at once
PR_SET_PDEATHSIG = 1


class ChildFailed(Exception):
    """A program ended, or did not answer, before everything was up."""


class Child:
    """One program and when to try it again."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self._command = command
        self._pause = 0.0
        self._due = 0.0
        self.start()

    def start(self) -> None:
        # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which stops the others in order.
        self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
            self._command,
            cwd=PROJECT_ROOT,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  the supervisor has no threads
        )
        self._started = time.monotonic()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def ended_with(self) -> int | None:
        """The exit code of a program that is down, None while it runs."""
        return self._process.poll() if self._process else None

    def restart_if_due(self) -> None:
        """Start it again if it is down, after a pause that grows while it keeps dying."""
        now = time.monotonic()
        if self._process is not None and self._process.poll() is not None:
            lived = now - self._started
            self._pause = 0.0 if lived > STEADY_SECONDS else min(LONGEST_PAUSE, self._pause * 2 or 0.5)
            self._due = now + self._pause
            log.warning("%s ended with %s and is started again", self.name, self._process.returncode)
            self._process = None
        if self._process is None and now >= self._due:
            self.start()

    def ask_to_stop(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def wait_for_end(self, deadline: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Supervisor:
    """Starts the commands on entering and stops them all on leaving, however that comes about."""

    def __init__(self, commands: Mapping[str, list[str]]) -> None:
        self._commands = commands
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        for name, command in self._commands.items():
            self._children.append(Child(name, command))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in self._children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._children:
            child.wait_for_end(deadline)

    def pids(self) -> dict[str, int]:
        """The process numbers of the programs that run, by name."""
        return {child.name: child.pid for child in self._children if child.pid is not None}

    def wait_until(self, is_up: Callable[[], bool]) -> None:
        """Return when everything is up; raises ChildFailed when a program ends first, or time is out."""
        deadline = time.monotonic() + START_SECONDS
        while not is_up():
            for child in self._children:
                if child.ended_with() is not None:
                    raise ChildFailed(
                        f"{child.name} ended with {child.ended_with()} before it was up; see above."
                    )
            if time.monotonic() > deadline:
                raise ChildFailed(f"Nothing answered within {START_SECONDS:.0f} seconds.")
            time.sleep(LOOK_SECONDS)

    def watch(self, *others: Callable[[], None]) -> None:
        """Keep all programs running, for ever; `others` are called every few seconds for what else is to be kept."""
        for look in itertools.count(1):
            if look % OTHERS_EVERY == 0:
                for keep in others:
                    keep()
            for child in self._children:
                child.restart_if_due()
            time.sleep(LOOK_SECONDS)


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Between fork and exec: when the supervisor is killed outright, Linux stops its children too."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
