"""WhatsApp through Gallabox: texts that WhatsApp has approved, with the values for their placeholders."""

import re

import requests

from portal.notifications.channels import Outgoing, Refused
from portal.notifications.channels.cleaning import one_line
from portal.notifications.channels.http import HttpProvider
from portal.notifications.channels.needs import require
from portal.notifications.channels.phones import digits
from portal.settings import Settings

NEEDS = ("whatsapp_base_url", "gallabox_api_key", "gallabox_api_secret", "gallabox_channel_id")
LONGEST_PARAMETER = 700  # WhatsApp takes 1,024 characters for the whole text
TEMPLATE_NAME = re.compile(r"[a-z0-9_]{1,512}")


class Gallabox:
    """Fulfils Sender. A text is sent by the name under which it was approved (see template_name)."""

    NEEDS = NEEDS

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._provider = HttpProvider("WhatsApp", timeout_seconds=settings.provider_timeout_seconds)

    def close(self) -> None:
        """Let the connections go."""
        self._provider.close()

    def send(self, message: Outgoing) -> str:
        """Hand it to Gallabox, which answers with its id before WhatsApp has delivered anything."""
        require(self._settings, NEEDS)
        answer = self._provider.post(
            f"{self._settings.whatsapp_base_url}/messages/whatsapp",
            authorise=self._authorise,
            json=body(message, channel_id=self._settings.gallabox_channel_id),
            headers={"Idempotency-Key": str(message.key)},
        )
        return str(answer.get("id") or "")

    def _authorise(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["apiKey"] = self._settings.gallabox_api_key
        request.headers["apiSecret"] = self._settings.gallabox_api_secret
        return request


def body(message: Outgoing, *, channel_id: str) -> dict[str, object]:
    """The documented body; raises Refused for what cannot be a phone or an approved name."""
    values = {name: parameter(value) for name, value in message.parameters.items()}
    template: dict[str, object] = {"templateName": template_name(message), "bodyValues": values}
    if message.kind == "sign-in-code" and "code" in values:
        # Texts of the category AUTHENTICATION have a button that copies the code; WhatsApp wants its value as well.
        button = {"type": "text", "text": values["code"]}
        template["buttonValues"] = [{"index": 0, "sub_type": "url", "parameters": button}]
    return {
        "channelId": channel_id,
        "channelType": "whatsapp",
        "recipient": {"phone": digits(message.recipient)},
        "whatsapp": {"type": "template", "template": template},
    }


def template_name(message: Outgoing) -> str:
    """The name the practice gave, else the kind's: appointment_confirmed, in Hindi appointment_confirmed_hi."""
    usual = message.kind if message.language == "en" else f"{message.kind}-{message.language}"
    name = message.provider_template or usual.lower().replace("-", "_")
    if not TEMPLATE_NAME.fullmatch(name):
        raise Refused("WhatsApp has no text of that name: names are small letters, figures and underscores.")
    return name


def parameter(value: str) -> str:
    """WhatsApp refuses values that are empty, or hold line breaks, tabs or more than three spaces in a row."""
    return one_line(value, most=LONGEST_PARAMETER) or "-"
