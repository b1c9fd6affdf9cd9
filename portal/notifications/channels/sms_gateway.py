"""Texts through any gateway that takes JSON over HTTP, as most do; the body is in docs/operating.md."""

import requests

from portal.notifications.channels import Outgoing
from portal.notifications.channels.cleaning import lines
from portal.notifications.channels.http import HttpProvider
from portal.notifications.channels.needs import require
from portal.notifications.channels.phones import e164
from portal.settings import Settings

NEEDS = ("sms_base_url", "sms_api_key", "sms_sender")
LONGEST_TEXT = 1600


class SmsGateway:
    """Fulfils Sender."""

    NEEDS = NEEDS

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._provider = HttpProvider("The SMS gateway", timeout_seconds=settings.provider_timeout_seconds)

    def close(self) -> None:
        """Let the connections go."""
        self._provider.close()

    def send(self, message: Outgoing) -> str:
        """Hand it to the gateway."""
        require(self._settings, NEEDS)
        answer = self._provider.post(
            self._settings.sms_base_url,
            authorise=self._authorise,
            json=self._body(message),
            headers={"Idempotency-Key": str(message.key)},
        )
        return str(answer.get("id") or answer.get("messageId") or "")

    def _body(self, message: Outgoing) -> dict[str, object]:
        """What India's operators register texts under are numbers; another name is not for them."""
        given = {
            "to": e164(message.recipient),
            "from": self._settings.sms_sender,
            "text": lines(message.text, most=LONGEST_TEXT),
            "reference": str(message.key),
            "entityId": self._settings.sms_entity_id,
            "templateId": message.provider_template if message.provider_template.isdecimal() else "",
        }
        return {name: value for name, value in given.items() if value}

    def _authorise(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._settings.sms_api_key}"
        return request
