"""The stand-ins of the providers, in threads of the test, and settings that point the adapters at them."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from portal.sandbox.behaviour import Behaviour
from portal.sandbox.book import Book
from portal.sandbox.program import Sandbox
from portal.sandbox.razorpay_desk import Desk
from portal.sandbox.stripe.stand_in import StripeStandIn
from portal.settings import Environment, Settings, SmsProvider, SmtpSecurity

TIMEOUT_SECONDS = 1


@dataclass(frozen=True)
class StandIns:
    """`settings` have every key; `behaviour` makes providers fail; the others hold what was sent."""

    address: str
    settings: Settings
    book: Book
    behaviour: Behaviour
    razorpay: Desk
    stripe: StripeStandIn


@contextmanager
def stand_ins(directory: Path) -> Iterator[StandIns]:
    """Run them on free ports, with their book in that directory."""
    smtp_port = free_port()
    settings = Settings(
        env=Environment.TEST,
        instance_path=directory,
        provider_timeout_seconds=TIMEOUT_SECONDS,
        smtp_host="127.0.0.1",
        smtp_port=smtp_port,
        smtp_security=SmtpSecurity.NONE,
        smtp_user="mailer",
        smtp_password="smtp-secret-1",
        mail_from="Riverside <bookings@example.org>",
        mail_reply_to="desk@example.org",
        gallabox_api_key="gallabox-secret-1",
        gallabox_api_secret="gallabox-secret-2",
        gallabox_channel_id="5f1e9c",
        sms_api_key="sms-secret-1",
        sms_sender="Riverside",
        sms_entity_id="1201159",
        twilio_account_sid="AC0123456789abcdef0123456789abcdef",
        twilio_auth_token="twilio-secret-1",
        stripe_secret_key="sk_test_stripe-secret-1",
        stripe_publishable_key="pk_test_bookable",
        stripe_webhook_secrets="whsec_stripe-secret-2, whsec_stripe-secret-3",
        razorpay_key_id="rzp_test_bookable",
        razorpay_key_secret="razorpay-secret-1",
        razorpay_webhook_secrets="razorpay-secret-2, razorpay-secret-3",
    )
    with Sandbox(settings, port=0, smtp_port=smtp_port) as sandbox:
        pointed = replace(
            settings,
            whatsapp_base_url=f"{sandbox.address}/gallabox",
            sms_base_url=f"{sandbox.address}/sms",
            stripe_base_url=f"{sandbox.address}/stripe",
            razorpay_base_url=f"{sandbox.address}/razorpay",
        )
        yield StandIns(
            address=sandbox.address,
            settings=pointed,
            book=sandbox.book,
            behaviour=sandbox.behaviour,
            razorpay=sandbox.razorpay.desk,
            stripe=sandbox.stripe,
        )


def through_twilio(there: StandIns) -> Settings:
    """The same practice with Twilio for its texts."""
    return replace(there.settings, sms_provider=SmsProvider.TWILIO, sms_base_url=there.address)


def of_money(there: StandIns) -> dict[str, object]:
    """The settings with which a practice takes payments there: practice_sets(**of_money(there))."""
    ours = ("stripe_", "razorpay_", "provider_")
    return {name: value for name, value in vars(there.settings).items() if name.startswith(ours)}


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
