"""The rules of a practice: which there are, how each is read and written. The only table of them.

A rule is written in one way everywhere, as the text that its environment variable would have, and read by the same
reader: what the environment refuses is refused to an administrator too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from portal.environment import Reader
from portal.practice.choices import ClinicianWord, LateCancellation, OnlinePayment, PatientWord


class Kind(Protocol):
    """What a rule's value is. `read` raises SettingsError for what makes no sense."""

    def read(self, reader: Reader, name: str, default: Any) -> Any: ...
    def written(self, value: Any) -> str: ...


@dataclass(frozen=True)
class Line:
    """A line of text. One that is needed is never empty."""

    longest: int
    is_needed: bool = False

    def read(self, reader: Reader, name: str, default: str) -> str:
        return reader.line(name, default, longest=self.longest, is_needed=self.is_needed)

    def written(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Lines:
    """Text of several lines."""

    longest: int

    def read(self, reader: Reader, name: str, default: str) -> str:
        return reader.lines(name, default, longest=self.longest)

    def written(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Number:
    """A whole number, both bounds allowed."""

    least: int
    most: int

    def read(self, reader: Reader, name: str, default: int) -> int:
        return reader.number(name, default, least=self.least, most=self.most)

    def written(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True)
class Amount(Number):
    """Money in the smallest unit of the practice's currency."""


@dataclass(frozen=True)
class Numbers:
    """Some whole numbers, the largest first."""

    least: int
    most: int

    def read(self, reader: Reader, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        return reader.numbers(name, default, least=self.least, most=self.most)

    def written(self, value: tuple[int, ...]) -> str:
        return ",".join(map(str, value)) or "none"


@dataclass(frozen=True)
class Flag:
    """Yes or no."""

    def read(self, reader: Reader, name: str, default: bool) -> bool:  # noqa: FBT001  the default of a flag is a flag
        return reader.flag(name, default)

    def written(self, value: bool) -> str:  # noqa: FBT001  the same
        return "yes" if value else "no"


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: type[StrEnum]

    def read(self, reader: Reader, name: str, default: StrEnum) -> StrEnum:
        return reader.choice(name, self.words, default)

    def written(self, value: StrEnum) -> str:
        return str(value)


@dataclass(frozen=True)
class Rates:
    """Taxes by name, in basis points."""

    def read(self, reader: Reader, name: str, default: tuple[tuple[str, int], ...]) -> object:
        return reader.rates(name) if reader.text(name, "") else default

    def written(self, value: tuple[tuple[str, int], ...]) -> str:
        return ", ".join(f"{name} {basis_points / 100:g}" for name, basis_points in value)


PERCENT = Number(0, 100)
HOUR = Number(0, 23)
RULES: Mapping[str, Kind] = {
    "portal_name": Line(80, is_needed=True),
    "practice_address": Lines(500),
    "practice_tax_number": Line(100),
    "patient_word": Choice(PatientWord),
    "clinician_word": Choice(ClinicianWord),
    "hold_minutes": Number(1, 60),
    "late_cancellation": Choice(LateCancellation),
    "front_desk_can_reschedule": Flag(),
    "waiting_list_offer_minutes": Number(5, 1440),
    "waiting_list_daily_offers": Number(1, 20),
    "reminder_minutes": Numbers(10, 20160),
    "quiet_from_hour": HOUR,
    "quiet_until_hour": HOUR,
    "message_grace_seconds": Number(0, 900),
    "online_payment": Choice(OnlinePayment),
    "tax_rates": Rates(),
    "late_fee_percent": PERCENT,
    "no_show_fee_percent": PERCENT,
    "platform_fee_percent": PERCENT,
    "credit_price_minor": Amount(0, 10**8),
    "credits_at_start": Number(0, 100),
    "subscription_price_minor": Amount(0, 10**9),
    "subscription_months": Number(1, 12),
    "subscription_visits": Number(1, 100),
    "code_minutes": Number(1, 10),
    "staff_idle_minutes": Number(5, 1440),
    "patient_idle_days": Number(1, 90),
}
"""By the name of their field in `portal.settings`."""

COSTLY = frozenset(
    {
        "late_cancellation",
        "online_payment",
        "tax_rates",
        "late_fee_percent",
        "no_show_fee_percent",
        "platform_fee_percent",
        "credit_price_minor",
        "credits_at_start",
        "subscription_price_minor",
        "subscription_months",
        "subscription_visits",
    }
)
"""What decides who pays how much: asked twice before it is changed."""

NOTHING: Mapping[type, Any] = {Line: "", Lines: "", Rates: ()}
"""What an empty text means, of the kinds that may be empty."""


def from_environment(reader: Reader, defaults: Any) -> dict[str, Any]:
    """All rules as the environment has them; raises SettingsError."""
    return {key: kind.read(reader, key.upper(), getattr(defaults, key)) for key, kind in RULES.items()}


def read_rule(key: str, text: str) -> Any:
    """The value of a rule that is written so; raises SettingsError for what makes no sense."""
    kind = RULES[key]
    return kind.read(Reader({key.upper(): text}), key.upper(), NOTHING.get(type(kind), ""))


def written_rule(key: str, value: Any) -> str:
    """A rule's value as it is written: what `read_rule` reads."""
    return RULES[key].written(value)
