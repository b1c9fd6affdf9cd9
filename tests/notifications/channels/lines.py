"""An adapter connected to the stand-in it speaks to."""

import uuid
from dataclasses import dataclass, replace
from typing import Any, Self

from portal.notifications.channels import Outgoing
from portal.notifications.channels.gallabox import Gallabox
from portal.notifications.channels.sms_gateway import SmsGateway
from portal.notifications.channels.smtp import Smtp
from portal.notifications.channels.twilio import Twilio
from portal.settings import Settings
from tests.stand_ins import StandIns, through_twilio

Adapter = Smtp | Gallabox | SmsGateway | Twilio


@dataclass(frozen=True)
class Kind:
    """An adapter, whom it writes to, whom it cannot, and what its provider can do."""

    name: str
    adapter: type[Adapter]
    recipient: str
    impossible: tuple[str, ...]
    honours_keys: bool
    tells_when_to_retry: bool
    key_setting: str
    """A setting that is a key: wrong or missing, nothing can be sent."""


PHONE, UNUSABLE_PHONES = "+447700900123", ("+15005550001", "+15005550009", "07700 900123")
KINDS = (
    Kind(
        "smtp",
        Smtp,
        "ana@example.org",
        ("nobody@example.org", "ana at example"),
        False,
        False,
        "smtp_password",
    ),
    Kind("gallabox", Gallabox, PHONE, UNUSABLE_PHONES, True, True, "gallabox_api_secret"),
    Kind("sms", SmsGateway, PHONE, UNUSABLE_PHONES, True, True, "sms_api_key"),
    Kind("twilio", Twilio, PHONE, UNUSABLE_PHONES, False, True, "twilio_auth_token"),
)


@dataclass(frozen=True)
class Line:
    """An adapter that is connected to its stand-in."""

    kind: Kind
    settings: Settings
    sender: Adapter
    there: StandIns

    def message(self, **changes: Any) -> Outgoing:
        usual = Outgoing(
            key=uuid.uuid4(),
            kind="appointment-confirmed",
            recipient=self.kind.recipient,
            subject="Your visit is confirmed",
            text="Your visit is on Monday at 10:00.",
            html="<p>Your visit is on Monday at 10:00.</p>",
            parameters={"day": "Monday", "time": "10:00"},
        )
        return replace(usual, **changes)

    def misbehave(self, **manners: float) -> None:
        self.there.behaviour.change({"of": self.kind.name, **manners})

    def given(self) -> list[dict[str, Any]]:
        """What the stand-in has taken from this adapter."""
        return [one for one in self.there.book.messages() if one["provider"] == self.kind.name]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sender.close()


def connect(kind: Kind, there: StandIns, **changes: Any) -> Line:
    usual = through_twilio(there) if kind.adapter is Twilio else there.settings
    settings = replace(usual, **changes)
    return Line(kind, settings, kind.adapter(settings), there)
