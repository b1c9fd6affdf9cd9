"""Where the demonstration's messages and money go: addresses and keys of the stand-ins, as settings of the adapters."""

import secrets
import socket
from collections.abc import Mapping
from contextlib import closing

HOST = "127.0.0.1"
PRICES = {"CREDIT_PRICE_MINOR": "4500", "SUBSCRIPTION_PRICE_MINOR": "12000"}


def environment(given: Mapping[str, str], *, portal: str) -> dict[str, str]:
    """The variables to add, with free ports and fresh keys; {} when every provider is set up already.

    A provider of which anything is given, be it empty, is left alone: `GALLABOX_API_KEY= make run` has no WhatsApp.
    `portal` is where this machine reaches us: payment providers tell us there what happens.
    """
    port, smtp_port = (given.get(name) or _free_port() for name in ("SANDBOX_PORT", "SANDBOX_SMTP_PORT"))
    address = f"http://{HOST}:{port}"
    wanted = {
        name: value
        for variables in (*_channels(address, smtp_port), *_tills(address, f"{portal}/api/v1/webhooks"))
        if not any(name in given for name in variables)
        for name, value in variables.items()
    }
    return wanted and wanted | {"SANDBOX_PORT": port, "SANDBOX_SMTP_PORT": smtp_port}


def prices(given: Mapping[str, str]) -> dict[str, str]:
    """What the demonstration sells beside visits; whoever sets a price, or 0 for none, keeps it."""
    return {name: price for name, price in PRICES.items() if name not in given}


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


def _tills(address: str, webhooks: str) -> tuple[dict[str, str], ...]:
    return (
        {
            "STRIPE_BASE_URL": f"{address}/stripe",
            "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(16)}",
            "STRIPE_PUBLISHABLE_KEY": f"pk_test_{secrets.token_hex(16)}",
            "STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(16)}",
            "SANDBOX_STRIPE_WEBHOOK_URL": f"{webhooks}/stripe",
        },
        {
            "RAZORPAY_BASE_URL": f"{address}/razorpay",
            "RAZORPAY_KEY_ID": f"rzp_test_{secrets.token_hex(7)}",
            "RAZORPAY_KEY_SECRET": secrets.token_hex(16),
            "RAZORPAY_WEBHOOK_SECRETS": secrets.token_hex(16),
            "SANDBOX_RAZORPAY_WEBHOOK_URL": f"{webhooks}/razorpay",
        },
    )


def _free_port() -> str:
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return str(probe.getsockname()[1])
