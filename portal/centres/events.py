"""What happened to centres."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.permissions import Actor


@dataclass(frozen=True)
class CentreChanged:
    """`action` is a verb phrase such as "centre.edit"; `changed` names the fields."""

    centre_id: int
    action: str
    by: Actor
    at: datetime
    changed: tuple[str, ...] = ()
