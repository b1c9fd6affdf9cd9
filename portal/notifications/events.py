"""What staff did about messages."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.permissions import Actor


@dataclass(frozen=True)
class DeliveryHandled:
    """`action` is a verb phrase such as "message.send-again"; which message, about which patient, by whom."""

    delivery_id: int
    patient_id: int | None
    kind: str
    action: str
    by: Actor
    at: datetime


@dataclass(frozen=True)
class MessageTemplateChanged:
    """`template` names kind, channel and language; `action` is a verb phrase, `changed` names the fields."""

    template_id: int
    template: str
    action: str
    by: Actor
    at: datetime
    changed: tuple[str, ...] = ()
