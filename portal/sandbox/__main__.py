"""`python -m portal.sandbox`: HTTP on SANDBOX_PORT, SMTP on SANDBOX_SMTP_PORT, until it is told to stop."""

import os
import signal
import sys
import threading

from portal.sandbox.program import Sandbox
from portal.settings import Settings

PORT, SMTP_PORT = "8026", "8025"


def main() -> None:
    """Serve until SIGTERM or SIGINT. It accepts the keys that its environment holds for the adapters."""
    settings = Settings.from_environment()
    if settings.is_production:
        sys.exit("The stand-ins take messages and deliver none: they are not for production.")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    port = int(os.environ.get("SANDBOX_PORT", PORT))
    smtp_port = int(os.environ.get("SANDBOX_SMTP_PORT", SMTP_PORT))
    with Sandbox(settings, port=port, smtp_port=smtp_port):
        stopping.wait()


if __name__ == "__main__":
    main()
