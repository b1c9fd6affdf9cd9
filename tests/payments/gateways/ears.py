"""Somebody who listens for webhooks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Ears:
    """`heard` are bodies and headers in the order in which they came; the first `deaf` are answered with 500.

    Whoever comes is sent on to `elsewhere`, if that is said.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.deaf = 0
        self.elsewhere = ""
        self.heard: list[tuple[bytes, dict[str, str]]] = []


@contextmanager
def ears() -> Iterator[Ears]:
    """Listen on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listening.heard.append((body, dict(self.headers.items())))
            if listening.elsewhere:
                self.send_response(307)
                self.send_header("Location", listening.elsewhere)
            else:
                self.send_response(500 if len(listening.heard) <= listening.deaf else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening = Ears(f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield listening
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
