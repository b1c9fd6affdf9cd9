"""How the stand-ins misbehave, when told to: the same way each time for the same seed."""

import random
import threading
from dataclasses import asdict, dataclass, fields
from enum import Enum, auto
from typing import Any

PROVIDERS = ("gallabox", "sms", "twilio", "smtp", "stripe", "razorpay")
EVERYBODY = "all"
MOST_COPIES = 1000


class Mood(Enum):
    """ERROR and BUSY take nothing. HANG takes the message and answers late, DROP takes it and never answers."""

    WELL = auto()
    ERROR = auto()
    BUSY = auto()
    HANG = auto()
    DROP = auto()


@dataclass(frozen=True)
class Manners:
    """How likely each mood is, from 0 to 1; and seconds.

    Of webhooks: where they go, if not where they usually do; how often each is sent; how many wait for each other,
    to leave last first; how long before they leave.
    """

    error: float = 0.0
    busy: float = 0.0
    hang: float = 0.0
    drop: float = 0.0
    retry_after: float = 1.0
    hang_seconds: float = 60.0
    seed: int = 0
    webhook_url: str = ""
    webhook_copies: int = 1
    webhook_batch: int = 1
    webhook_delay: float = 0.0

    def __post_init__(self) -> None:
        chances = (self.error, self.busy, self.hang, self.drop)
        if not all(0 <= chance <= 1 for chance in chances) or sum(chances) > 1:
            raise ValueError("error, busy, hang and drop are from 0 to 1, and 1 together at most")
        if min(self.retry_after, self.hang_seconds, self.webhook_delay) < 0:
            raise ValueError("seconds are not negative")
        if not 1 <= self.webhook_copies <= MOST_COPIES or not 1 <= self.webhook_batch <= MOST_COPIES:
            raise ValueError(f"webhooks are counted from 1 to {MOST_COPIES}")


class Behaviour:
    """The manners of every provider. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._manners = dict.fromkeys(PROVIDERS, Manners())
        self._dice = {provider: random.Random(0) for provider in PROVIDERS}  # noqa: S311  to be repeated, not secret

    def change(self, wanted: dict[str, Any]) -> None:
        """Teach one provider ("of"), or all, new manners; what is not said becomes 0. Raises ValueError."""
        said = dict(wanted)
        whom = said.pop("of", EVERYBODY)
        unknown = set(said) - {field.name for field in fields(Manners)}
        if unknown or whom not in {*PROVIDERS, EVERYBODY}:
            raise ValueError(f"unknown: {', '.join(sorted(unknown)) or whom}")
        manners = Manners(**said)
        with self._lock:
            for provider in PROVIDERS if whom == EVERYBODY else (whom,):
                self._manners[provider] = manners
                self._dice[provider] = random.Random(f"{provider}-{manners.seed}")  # noqa: S311  the same

    def of(self, provider: str) -> Manners:
        return self._manners[provider]

    def mood(self, provider: str) -> Mood:
        """The next throw of that provider's dice."""
        with self._lock:
            manners, thrown = self._manners[provider], self._dice[provider].random()
        for mood in (Mood.ERROR, Mood.BUSY, Mood.HANG, Mood.DROP):
            thrown -= getattr(manners, mood.name.lower())
            if thrown < 0:
                return mood
        return Mood.WELL

    def as_json(self) -> dict[str, Any]:
        return {provider: asdict(manners) for provider, manners in self._manners.items()}
