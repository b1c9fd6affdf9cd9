"""Payments of the demonstration's own past, from before the stand-ins kept books: their ids say what was paid.

So they can be given back like any other. `pi_demo_gbp_6000_1f6a` is sixty pounds.
"""

import re
from dataclasses import dataclass

PAST = re.compile(r"(?:pi|pay)_demo_([a-z]{3})_([1-9]\d{0,9})_[0-9a-f]+")


@dataclass(frozen=True)
class Past:
    """In minor units; the currency in small letters."""

    amount: int
    currency: str


def past_of(payment_id: str) -> Past | None:
    """What the id says, if it is of such a payment."""
    found = PAST.fullmatch(payment_id)
    return Past(int(found[2]), found[1]) if found else None
