"""What a quotation adds up to. Facts in, answer out: no session, no clock.

Amounts are whole minor units of one currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.errors import Invalid, _
from portal.payments.rules import TaxLine, TaxRate, split_fee
from portal.people.profiles import MOST_FEE_MINOR

MOST_ITEMS = 50
MOST_QUANTITY = 1000


@dataclass(frozen=True)
class Item:
    """So many of something, at a price each."""

    description: str
    quantity: int
    unit_minor: int

    @property
    def minor(self) -> int:
        return self.quantity * self.unit_minor


@dataclass(frozen=True)
class Sums:
    """The items together, less the discount. The taxes are contained in the total, as in every price."""

    subtotal_minor: int
    discount_minor: int
    tax_lines: tuple[TaxLine, ...] = ()

    @property
    def total_minor(self) -> int:
        return self.subtotal_minor - self.discount_minor


def add_up(items: Sequence[Item], *, discount_minor: int = 0, taxes: Sequence[TaxRate] = ()) -> Sums:
    """The sums of a quotation; raises Invalid for what nobody can be asked to pay."""
    wrong = _mistakes(items) or _discount_mistake(items, discount_minor)
    if wrong:
        raise Invalid(details=wrong)
    subtotal = sum(item.minor for item in items)
    split = split_fee(subtotal - discount_minor, taxes=taxes)
    return Sums(subtotal, discount_minor, split.tax_lines)


def _mistakes(items: Sequence[Item]) -> dict[str, str]:
    if not items:
        return {"items": _("Write at least one line.")}
    if len(items) > MOST_ITEMS:
        return {"items": _("Write fewer lines.")}
    if not all(item.description.strip() for item in items):
        return {"items": _("Say of each line what it is for.")}
    if not all(0 < item.quantity <= MOST_QUANTITY and item.unit_minor >= 0 for item in items):
        return {"items": _("A line needs a quantity above zero, and a price that is not below it.")}
    if sum(item.minor for item in items) > MOST_FEE_MINOR:
        return {"items": _("Enter a smaller amount.")}
    return {}


def _discount_mistake(items: Sequence[Item], discount_minor: int) -> dict[str, str]:
    if 0 <= discount_minor <= sum(item.minor for item in items):
        return {}
    return {"discount": _("The discount cannot be more than the lines come to.")}
