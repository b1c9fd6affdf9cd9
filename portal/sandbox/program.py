"""The stand-ins together: HTTP and SMTP on this machine only, in threads of whoever starts them."""

import threading
from types import TracebackType
from typing import Self

from werkzeug.serving import WSGIRequestHandler, make_server

from portal.sandbox.behaviour import Behaviour
from portal.sandbox.book import Book
from portal.sandbox.mail import mail_server
from portal.sandbox.razorpay import stand_in_for_razorpay
from portal.sandbox.razorpay_pages import mount
from portal.sandbox.stripe.mounting import mount_stripe
from portal.sandbox.web import create_app
from portal.settings import Settings

HOST = "127.0.0.1"
POLL_SECONDS = 0.05


class Handler(WSGIRequestHandler):
    """Keeps connections open as providers do, and says nothing about each request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        pass


class Sandbox:
    """Runs from entering to leaving; `port` and `smtp_port` 0 ask for free ones."""

    def __init__(self, settings: Settings, *, port: int, smtp_port: int) -> None:
        self.book = Book(settings.instance_path / "sandbox.sqlite3")
        self.behaviour = Behaviour()
        self._stopping = threading.Event()
        app = create_app(settings, self.book, self.behaviour, self._stopping)
        self.razorpay = stand_in_for_razorpay(settings, self.behaviour, self._stopping)
        mount(app, self.razorpay)
        self.stripe = mount_stripe(app, settings, self.behaviour)
        self._http = make_server(HOST, port, app, threaded=True, request_handler=Handler)
        self._smtp = mail_server(settings, self.book, self.behaviour, port=smtp_port)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(POLL_SECONDS,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._smtp.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self.stripe.stop()
        self._smtp.stop()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        self.razorpay.desk.close()
        self.stripe.close()
        self.book.close()

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self._http.server_port}"
