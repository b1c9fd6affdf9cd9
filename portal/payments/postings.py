"""What each act writes into the ledger: entries that sum to zero in each currency. No session, no clock.

Money moves from an account to another: the one gets, above zero, what the other gives, below zero. Whoever pays gives
to whoever holds the money; when the visit has been, the payer gets its worth from the clinician, the platform and
the tax office, who are then owed it. Credits are counted in a currency of their own and issued by the platform; the
account `credits`, without a number, is the money for which they stand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.core.money import Money
from portal.payments.errors import Unbalanced
from portal.payments.models import Method, Payment, Purpose
from portal.payments.rules import Split, allot

# ISO 4217 leaves codes that begin with X to what no country issues.
CREDIT = "XCR"
BANK, PLATFORM, TAX, SOLD_CREDITS = "bank", "platform", "tax", "credits"


@dataclass(frozen=True)
class Entry:
    """What one account gets, or gives."""

    account: str
    money: Money


def patient(patient_id: int) -> str:
    return f"patient:{patient_id}"


def clinician(clinician_id: int) -> str:
    return f"clinician:{clinician_id}"


def credits_of(account_id: int) -> str:
    return f"credits:{account_id}"


def holder(payment: Payment) -> str:
    """The account that holds what was paid: a provider, a centre's till or terminal, or the credits sold before."""
    return {
        Method.ONLINE: f"provider:{payment.provider}",
        Method.CASH: f"cash:{payment.centre_id}",
        Method.TERMINAL: f"terminal:{payment.centre_id}",
        Method.CREDITS: SOLD_CREDITS,
    }[Method(payment.method)]


def payer(payment: Payment) -> str:
    """The account that gives: the patient, or the credits that are sold."""
    return SOLD_CREDITS if payment.purpose == Purpose.CREDITS else patient(payment.patient_id or 0)


def move(minor: int, currency: str, *, giver: str, getter: str) -> tuple[Entry, Entry]:
    """Money that goes from one account to another; a negative amount goes the other way."""
    return Entry(getter, Money(minor, currency)), Entry(giver, Money(-minor, currency))


def paid(payment: Payment) -> tuple[Entry, ...]:
    """All of a payment arrived; credits are handed out if bought, and taken back if spent."""
    return _payment_moves(payment, payment.amount_minor, payment.credits or 0)


def refunded(payment: Payment, minor: int, credit_count: int = 0) -> tuple[Entry, ...]:
    """Part or all of it went back, and the credits with it."""
    return _payment_moves(payment, -minor, -credit_count)


def _payment_moves(payment: Payment, minor: int, credit_count: int) -> tuple[Entry, ...]:
    money = move(minor, payment.currency, giver=payer(payment), getter=holder(payment))
    if payment.credits is None:
        return money
    bought = credit_count if payment.purpose == Purpose.CREDITS else -credit_count
    return *money, *move(bought, CREDIT, giver=PLATFORM, getter=credits_of(payment.account_id or 0))


def credits_given(account_id: int, credit_count: int, worth: Money) -> tuple[Entry, ...]:
    """Credits that the practice gives away, at its own cost."""
    return (
        *move(credit_count, CREDIT, giver=PLATFORM, getter=credits_of(account_id)),
        *move(worth.minor, worth.currency, giver=SOLD_CREDITS, getter=PLATFORM),
    )


def earned(payment: Payment, clinician_id: int | None, split: Split) -> tuple[Entry, ...]:
    """What was paid has been earned, or is kept: the clinician, the platform and the tax office are owed their parts.

    A subscription is earned by nobody in particular (None): the clinician's part stays with the platform.
    """
    parts = (
        (PLATFORM if clinician_id is None else clinician(clinician_id), split.clinician_minor),
        (PLATFORM, split.platform_minor),
        (TAX, split.tax_minor),
    )
    return tuple(
        entry
        for account, minor in parts
        for entry in move(minor, payment.currency, giver=account, getter=payer(payment))
    )


def earning_returned(payment: Payment, owed: Mapping[str, int], minor: int) -> tuple[Entry, ...]:
    """Of what was earned, so much goes back to the payer; each account gives its share of what it is `owed`."""
    parts = zip(owed, allot(minor, list(owed.values())), strict=True)
    return tuple(
        entry
        for account, part in parts
        for entry in move(part, payment.currency, giver=payer(payment), getter=account)
    )


def paid_out(clinician_id: int, money: Money) -> tuple[Entry, ...]:
    """A clinician's share went from the practice's bank to the clinician."""
    return move(money.minor, money.currency, giver=BANK, getter=clinician(clinician_id))


def reversed_(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The same, the other way round."""
    return tuple(Entry(entry.account, Money(-entry.money.minor, entry.money.currency)) for entry in entries)


def merged(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """One entry for each account and currency, in their order, and none of nothing; raises Unbalanced."""
    sums: dict[tuple[str, str], int] = {}
    by_currency: dict[str, int] = {}
    for entry in entries:
        money, key = entry.money, (entry.money.currency, entry.account)
        sums[key] = sums.get(key, 0) + money.minor
        by_currency[money.currency] = by_currency.get(money.currency, 0) + money.minor
    if any(by_currency.values()):
        raise Unbalanced("entries do not sum to zero")
    return tuple(
        Entry(account, Money(minor, currency)) for (currency, account), minor in sorted(sums.items()) if minor
    )
