"""What happens to the practice's rules."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.permissions import Actor


@dataclass(frozen=True)
class PracticeRulesChanged:
    """`changed` are the keys of the rules; `version` is that of all rules from now on."""

    version: int
    changed: tuple[str, ...]
    by: Actor
    at: datetime
