"""Money: whole minor units (pence, paise, yen) with their currency. Never a float."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel.numbers import get_currency_precision


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
    try:
        amount = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        raise ValueError("not an amount") from None
    if not amount.is_finite():
        raise ValueError("not an amount")
    minor = amount.scaleb(get_currency_precision(currency))
    if minor != minor.to_integral_value():
        raise ValueError("finer than the currency allows")
    return Money(int(minor), currency)
