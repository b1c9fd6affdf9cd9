"""The product as the browser's tests meet it: gunicorn, as in `make run`, a server of its own for each database.

Each is forked from one that has imported everything already, which is most of what a start takes.
"""

import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from multiprocessing.process import BaseProcess

import requests

from portal.settings import PROJECT_ROOT

START_SECONDS = 60
THREADS = "24"  # each page of somebody signed in keeps one for its stream
GUNICORN = [
    *("gunicorn", "--worker-class", "gthread", "--threads", THREADS, "--graceful-timeout", "1"),
    *("--no-control-socket", "--log-level", "warning", "wsgi:app"),
]
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.browser.imported"])


@contextmanager
def serving(url: str, further: dict[str, str]) -> Iterator[str]:
    """Serve that database; the address. `further` are more variables of the environment."""
    with closing(socket.socket()) as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    ours = {"DATABASE_URL": url, "PORTAL_ENV": "test", "WEB_THREADS": THREADS, "PORT": str(port)}
    server = FORKS.Process(target=_run, args=(port, {**os.environ, **ours, **further}))
    server.start()
    try:
        _wait_for(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.join(START_SECONDS)


def _run(port: int, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(PROJECT_ROOT)
    sys.argv = [*GUNICORN, "--bind", f"127.0.0.1:{port}"]
    import_module("gunicorn.app.wsgiapp").run()


def _wait_for(address: str, server: BaseProcess) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            if requests.get(f"{address}/health", timeout=5).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            pass
        assert server.is_alive(), "the server has ended"
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.1)
