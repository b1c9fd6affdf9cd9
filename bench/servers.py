"""The two web servers that take turns, each two gunicorn processes with eight threads on the same database."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from portal.settings import PROJECT_ROOT


@contextmanager
def serving(application: str, database_url: str, **settings: str) -> Iterator[int]:
    """Serve a WSGI application; the port it answers on. `settings` are further variables of its environment."""
    port = _free_port()
    threads = settings.get("WEB_THREADS", "8")
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "2", "--threads", threads]
    command += ["--keep-alive", "75", "--no-control-socket", "--log-level", "error"]
    command += ["-b", f"127.0.0.1:{port}", application]
    environ = {
        **os.environ,
        "DATABASE_URL": database_url,
        "PORTAL_ENV": "demo",
        "LOG_LEVEL": "ERROR",
        **settings,
    }
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environ, start_new_session=True)
    try:
        _wait_for(port)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers on port {port}")
