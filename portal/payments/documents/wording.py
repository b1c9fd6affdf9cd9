"""How a document writes money, dates and its own words for whoever reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_percent

from portal.core import clock
from portal.core.errors import _
from portal.core.money import Money
from portal.payments.rules import WHOLE

PAGE_WORDS = _("Page %(page)s of %(pages)s")


@dataclass(frozen=True)
class Reader:
    """For whom a document is worded; `translate` knows the catalogue of their language."""

    locale: Locale
    translate: Callable[[str], str]

    def say(self, message: str, **values: str) -> str:
        """A marked message in the reader's language, its named placeholders filled."""
        return self.translate(message) % values

    def money(self, minor: int, currency: str) -> str:
        """£45.00, -£20.00, ¥5,000: with the decimals the currency has."""
        return format_currency(Money(minor, currency).amount, currency, locale=self.locale)

    def day(self, instant: datetime, zone: ZoneInfo) -> str:
        """4 June 2027"""
        return format_date(clock.local_day(instant, zone), "long", locale=self.locale)

    def short_day(self, instant: datetime, zone: ZoneInfo) -> str:
        """4 Jun 2027, for a column of many."""
        return format_date(clock.local_day(instant, zone), "medium", locale=self.locale)

    def percent(self, basis_points: int) -> str:
        """20%, 12.5%"""
        share = Decimal(basis_points) / WHOLE
        return format_percent(share, locale=self.locale, decimal_quantization=False)
