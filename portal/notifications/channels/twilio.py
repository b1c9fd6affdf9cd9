"""Texts through Twilio's Messages resource.

Twilio knows no idempotency keys: a text whose answer was lost is sent again by the next attempt.
"""

import re

from requests.auth import HTTPBasicAuth

from portal.notifications.channels import Outgoing
from portal.notifications.channels.cleaning import lines
from portal.notifications.channels.http import HttpProvider
from portal.notifications.channels.needs import require
from portal.notifications.channels.phones import e164
from portal.settings import Settings

NEEDS = ("twilio_account_sid", "twilio_auth_token", "sms_sender")
USUAL_BASE = "https://api.twilio.com"
LONGEST_BODY = 1600  # error 21617 beyond it
# Refusals of the sender or the account, and a full queue: nothing is wrong with the message itself.
NOT_THE_MESSAGE = frozenset({14107, 21212, 21603, 21606, 21611, 21659, 21703})
MESSAGING_SERVICE = re.compile("MG[0-9a-fA-F]{32}")


class Twilio:
    """Fulfils Sender. SMS_SENDER is a number, a name, or the id of a messaging service (MG...)."""

    NEEDS = NEEDS

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._provider = HttpProvider(
            "Twilio", timeout_seconds=settings.provider_timeout_seconds, not_the_message=NOT_THE_MESSAGE
        )

    def close(self) -> None:
        """Let the connections go."""
        self._provider.close()

    def send(self, message: Outgoing) -> str:
        """Hand it to Twilio, which answers with its sid. Numbers that opted out or cannot get texts are Refused."""
        require(self._settings, NEEDS)
        sid = self._settings.twilio_account_sid
        answer = self._provider.post(
            f"{self._settings.sms_base_url or USUAL_BASE}/2010-04-01/Accounts/{sid}/Messages.json",
            authorise=HTTPBasicAuth(sid, self._settings.twilio_auth_token),
            form=self._form(message),
        )
        return str(answer.get("sid") or "")

    def _form(self, message: Outgoing) -> dict[str, str]:
        sender = self._settings.sms_sender
        name = "MessagingServiceSid" if MESSAGING_SERVICE.fullmatch(sender) else "From"
        return {
            "To": e164(message.recipient),
            name: sender,
            "Body": lines(message.text, most=LONGEST_BODY),
        }
