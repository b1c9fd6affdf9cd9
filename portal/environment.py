"""Reads values from the environment, and says by their names which of them make no sense."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import available_timezones

DRIVER = "postgresql+psycopg://"
Choice = TypeVar("Choice", bound=StrEnum)

MAILBOX = re.compile(r"""[^<>"@,;\x00-\x1f]*<[\w.+'-]+@[\w.-]+>|[\w.+'-]+@[\w.-]+""", re.ASCII)


class SettingsError(Exception):
    """A setting is missing or makes no sense; the message says which one and what to do."""


class Reader:
    """Each method takes a variable's name, and a default for when it is not set or empty; raises SettingsError."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str, default: str) -> str:
        return self._environ.get(name) or default

    def line(self, name: str, default: str, *, longest: int, is_needed: bool) -> str:
        """A line of text without outer spaces, at most `longest` characters."""
        raw = self.lines(name, default, longest=longest)
        if "\n" in raw:
            raise SettingsError(f"{name}: must be one line.")
        if is_needed and not raw:
            raise SettingsError(f"{name}: must not be empty.")
        return raw

    def lines(self, name: str, default: str, *, longest: int) -> str:
        """Text of any lines, without what no keyboard types."""
        raw = "\n".join(self.text(name, default).strip().splitlines())
        if len(raw) > longest or any(ord(one) < 32 and one != "\n" for one in raw):
            raise SettingsError(f"{name}: must be at most {longest} printable characters.")
        return raw

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        raw = self.text(name, str(default))
        if not _is_whole(raw, least=least, most=most):
            raise SettingsError(f"{name}: must be a whole number from {least} to {most}.")
        return int(raw)

    def numbers(self, name: str, default: tuple[int, ...], *, least: int, most: int) -> tuple[int, ...]:
        """Whole numbers separated by commas, the largest first; "none" for an empty list."""
        raw = self.text(name, ",".join(map(str, default)))
        parts = [] if raw.strip().lower() == "none" else [part.strip() for part in raw.split(",")]
        if not all(_is_whole(part, least=least, most=most) for part in parts):
            raise SettingsError(f"{name}: must be whole numbers from {least} to {most} and commas, or none.")
        return tuple(sorted({int(part) for part in parts}, reverse=True))

    def origins(self, name: str) -> tuple[str, ...]:
        """Origins separated by commas, such as https://www.example.org."""
        given = tuple(filter(None, map(str.strip, self.text(name, "").split(","))))
        for origin in given:
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or not re.fullmatch(r"\w+://[\w.-]+(:\d+)?", origin):
                raise SettingsError(f"{name}: must be origins such as https://www.example.org, and commas.")
        return given

    def mailbox(self, name: str) -> str:
        """An address, alone or as Name <address>; "" where there is none."""
        raw = self.text(name, "").strip()
        if raw and not MAILBOX.fullmatch(raw):
            raise SettingsError(f"{name}: must be an address such as Riverside <bookings@example.org>.")
        return raw

    def flag(self, name: str, default: bool) -> bool:  # noqa: FBT001  the default of a flag is a flag
        raw = self.text(name, "1" if default else "0").lower()
        if raw not in {"0", "1", "true", "false", "yes", "no", "on", "off"}:
            raise SettingsError(f"{name}: must be yes or no.")
        return raw in {"1", "true", "yes", "on"}

    def choice(self, name: str, kind: type[Choice], default: Choice) -> Choice:
        raw = self.text(name, default)
        try:
            return kind(raw)
        except ValueError:
            raise SettingsError(f"{name}: must be one of {', '.join(kind)}.") from None

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        """One of these words; "" where there is none."""
        raw = self.text(name, "")
        if raw and raw not in choices:
            raise SettingsError(f"{name}: must be one of {', '.join(choices)}.")
        return raw

    def rates(self, name: str) -> tuple[tuple[str, int], ...]:
        """Taxes such as "VAT 20" or "CGST 9, SGST 9": names and their basis points."""
        parts = tuple(filter(None, map(str.strip, self.text(name, "").split(","))))
        rates = [re.fullmatch(r"([^\W\d][\w. ]{0,20}) (\d{1,2}(?:\.\d{1,2})?)", part) for part in parts]
        if not all(rates):
            raise SettingsError(f"{name}: must be a name and percent such as VAT 20, separated by commas.")
        return tuple((rate[1], round(float(rate[2]) * 100)) for rate in rates if rate)

    def database(self, name: str) -> str | None:
        """A PostgreSQL address in any of the common spellings, with the driver we use; None where there is none."""
        raw = self.text(name, "")
        for prefix in ("postgres://", "postgresql://"):
            if raw.startswith(prefix):
                return DRIVER + raw.removeprefix(prefix)
        if raw and not raw.startswith(DRIVER):
            raise SettingsError(f"{name}: must be a PostgreSQL address (postgresql://...).")
        return raw or None

    def zone(self, name: str, default: str) -> str:
        raw = self.text(name, default)
        if raw not in available_timezones():
            raise SettingsError(f"{name}: must be an IANA time zone such as Europe/London.")
        return raw


def _is_whole(raw: str, *, least: int, most: int) -> bool:
    return raw.isascii() and raw.isdecimal() and len(raw) <= len(str(most)) and least <= int(raw) <= most
