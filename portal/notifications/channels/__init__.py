"""How messages leave the house: one contract, and the channels that fulfil it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Attachment:
    """A file of a mail. `method` is that of RFC 5546 for a calendar object, else empty."""

    name: str
    mime_type: str
    content: bytes
    method: str = ""


@dataclass(frozen=True)
class Outgoing:
    """One message as a channel gets it. `key` is the same at each attempt: providers that take one send once.

    `recipient` is an email address, or a phone in E.164. `parameters` are the values of the placeholders, for
    providers that put an approved text (`provider_template`) together themselves. `footer` ends the text of a mail.
    """

    key: uuid.UUID
    kind: str
    recipient: str
    text: str
    subject: str = ""
    html: str = ""
    footer: str = ""
    language: str = "en"
    provider_template: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    unsubscribe_url: str = ""
    attachments: tuple[Attachment, ...] = ()


class Refused(Exception):
    """The provider will not send this message, now or later: a number that does not exist, a text not approved."""


class NotConfigured(Refused):
    """The practice has given no keys for this channel."""


class Unavailable(Exception):
    """The provider could not be reached, was busy or failed; worth trying again (after `retry_after` seconds)."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Sender(Protocol):
    """A channel. Threads share it; it is never called inside a transaction."""

    def send(self, message: Outgoing) -> str:
        """Hand the message over and return the provider's own id for it, or "".

        Raises Refused, NotConfigured or Unavailable, whose texts name no person and hold no secret.
        """
        ...

    def close(self) -> None:
        """Let go of open connections; it may be used again."""
        ...
