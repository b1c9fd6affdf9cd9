"""Money: whole minor units (pence, paise, yen) with their currency. Never a float."""

import re
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import get_currency_precision

# Plain digits, few enough for a bigint of any currency's minor units: Decimal would read "1e999999" and "1_0" as well.
AMOUNT = re.compile(r"-?(?=[.,]?\d)\d{0,15}(?:[.,]\d{0,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` counts the smallest unit of the ISO 4217 currency."""

    minor: int
    currency: str

    @property
    def amount(self) -> Decimal:
        """The amount in the currency's main unit, exact."""
        return Decimal(self.minor).scaleb(-get_currency_precision(self.currency))


def parse_amount(text: str, currency: str) -> Money:
    """Read "45", "45.5" or "45,50" as money; raises ValueError for anything finer than the currency's minor unit."""
    if not AMOUNT.fullmatch(text.strip()):
        raise ValueError("not an amount")
    minor = Decimal(text.strip().replace(",", ".")).scaleb(get_currency_precision(currency))
    if minor != minor.to_integral_value():
        raise ValueError("finer than the currency allows")
    return Money(int(minor), currency)
