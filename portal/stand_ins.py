"""Where the demonstration's messages go: the addresses and keys of the stand-ins, as settings of the real adapters."""

import secrets
import socket
from collections.abc import Mapping
from contextlib import closing

HOST = "127.0.0.1"


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The variables to add, with free ports and fresh keys; {} when every channel is set up already.

    A channel of which anything is given, be it empty, is left alone: `GALLABOX_API_KEY= make run` has no WhatsApp.
    """
    port, smtp_port = (given.get(name) or _free_port() for name in ("SANDBOX_PORT", "SANDBOX_SMTP_PORT"))
    channels = _channels(f"http://{HOST}:{port}", smtp_port)
    wanted = {
        name: value
        for variables in channels
        if not any(name in given for name in variables)
        for name, value in variables.items()
    }
    return wanted and wanted | {"SANDBOX_PORT": port, "SANDBOX_SMTP_PORT": smtp_port}


def _channels(address: str, smtp_port: str) -> tuple[dict[str, str], ...]:
    return (
        {
            "SMTP_HOST": HOST,
            "SMTP_PORT": smtp_port,
            "SMTP_SECURITY": "NONE",
            "MAIL_FROM": "bookings@example.org",
        },
        {
            "WHATSAPP_BASE_URL": f"{address}/gallabox",
            "GALLABOX_API_KEY": secrets.token_hex(12),
            "GALLABOX_API_SECRET": secrets.token_hex(16),
            "GALLABOX_CHANNEL_ID": secrets.token_hex(12),
        },
        {
            "SMS_PROVIDER": "GATEWAY",
            "SMS_BASE_URL": f"{address}/sms",
            "SMS_API_KEY": secrets.token_hex(16),
            "SMS_SENDER": "Bookable",
        },
    )


def _free_port() -> str:
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return str(probe.getsockname()[1])
