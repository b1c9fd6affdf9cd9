"""How Stripe counts money: mostly as everybody does, and for some currencies not."""

from babel.numbers import get_currency_precision

from portal.core.money import Money
from portal.payments.gateways import Refused

WHOLE_UNITS = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
        *("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"),
    }
)
THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def to_stripe(money: Money) -> int:
    """The amount in Stripe's units of the currency; raises Refused for what it cannot charge."""
    if money.minor <= 0:
        raise Refused("Stripe moves amounts above zero only.")
    ours, theirs = _scale(money.currency)
    amount, rest = divmod(money.minor * theirs, ours)
    if rest:
        raise Refused(f"Stripe counts {money.currency} in larger units.")
    return amount


def from_stripe(amount: int, currency: str) -> Money:
    """Money as we count it; what Stripe counts finer is cut off."""
    ours, theirs = _scale(currency.upper())
    return Money(amount * ours // theirs, currency.upper())


def _digits(currency: str) -> int:
    """How many decimals Stripe gives to a currency."""
    if currency in WHOLE_UNITS:
        return 0
    return 3 if currency in THOUSANDTHS else 2


def _scale(currency: str) -> tuple[int, int]:
    """Our units for so many of Stripe's: (1, 100) where Stripe counts finer."""
    shift = _digits(currency) - int(get_currency_precision(currency))
    return 10 ** max(0, -shift), 10 ** max(0, shift)
