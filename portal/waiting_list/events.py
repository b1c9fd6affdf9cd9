"""What happens on the waiting list, in the past tense."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class TimeOffered:
    """A time is kept for somebody who waits, until the offer expires."""

    offer_id: int
    at: datetime
