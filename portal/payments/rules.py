"""What may follow what, what goes back, and who gets which part of a fee. Facts in, answer out: no session, no clock.

Amounts are whole minor units of one currency. Nothing here makes a unit or loses one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.appointments.models import Party
from portal.appointments.rules import CancellationOutcome
from portal.core.errors import _
from portal.payments.errors import PaymentNotPossible, RefundNotAllowed
from portal.payments.gateways import RefundState
from portal.payments.models import Payment, PaymentStatus, Refund

S = PaymentStatus

ANOTHER_AMOUNT = _("Another amount arrived than was asked for.")
"""The failure of a payment that staff have to compare with its provider's books."""

# A payment that failed or expired here may turn out to be paid there; a refund that was done may come back.
FOLLOWS: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    S.PENDING: frozenset({S.PAID, S.FAILED}),
    S.FAILED: frozenset({S.PAID}),
    S.PAID: frozenset({S.REFUND_PENDING, S.PARTIALLY_REFUNDED, S.REFUNDED}),
    S.REFUND_PENDING: frozenset({S.PAID, S.PARTIALLY_REFUNDED, S.REFUNDED}),
    S.PARTIALLY_REFUNDED: frozenset({S.PAID, S.REFUND_PENDING, S.REFUNDED}),
    S.REFUNDED: frozenset({S.PAID, S.PARTIALLY_REFUNDED, S.REFUND_PENDING}),
}

REFUND_FOLLOWS: dict[RefundState, frozenset[RefundState]] = {
    RefundState.PENDING: frozenset({RefundState.DONE, RefundState.FAILED}),
    RefundState.DONE: frozenset({RefundState.FAILED}),
    RefundState.FAILED: frozenset(),
}


@dataclass(frozen=True)
class Paid:
    """What was paid, what of it went back, and what is on its way back."""

    minor: int
    returned_minor: int = 0
    returning_minor: int = 0

    @property
    def left_minor(self) -> int:
        """What can still be given back."""
        return self.minor - self.returned_minor - self.returning_minor


def check_may_become(payment: Payment, status: PaymentStatus) -> None:
    """Raises PaymentNotPossible unless that status may follow the present one."""
    if status not in FOLLOWS[PaymentStatus(payment.status)]:
        raise PaymentNotPossible


def check_refund_may_become(refund: Refund, status: RefundState) -> None:
    """Raises PaymentNotPossible unless that status may follow the present one."""
    if status not in REFUND_FOLLOWS[RefundState(refund.status)]:
        raise PaymentNotPossible


def paid_of(payment: Payment) -> Paid:
    """The sums of a payment and its refunds; nothing before it is paid."""
    if payment.paid_at is None:
        return Paid(0)
    sums = dict.fromkeys(RefundState, 0)
    for refund in payment.refunds:
        sums[RefundState(refund.status)] += refund.amount_minor
    return Paid(payment.amount_minor, sums[RefundState.DONE], sums[RefundState.PENDING])


def status_of(paid: Paid) -> PaymentStatus:
    """The status of a payment that was paid, from its refunds."""
    if paid.returning_minor:
        return S.REFUND_PENDING
    if not paid.returned_minor:
        return S.PAID
    return S.REFUNDED if paid.returned_minor == paid.minor else S.PARTIALLY_REFUNDED


def check_refundable(paid: Paid, minor: int) -> None:
    """Raises RefundNotAllowed for nothing, and for more than what is left."""
    if not 0 < minor <= paid.left_minor:
        raise RefundNotAllowed


def refund_on_cancelling(
    outcome: CancellationOutcome, *, by: Party, paid: Paid, kept_minor: int | None = None
) -> int:
    """What goes back when an appointment is cancelled, besides what went back before.

    In time, or by anybody but the patient: all of it. Late: what exceeds the part that the practice keeps;
    where that is all (None), nothing. What staff have yet to decide, or was refused, gives nothing back.
    """
    if by is not Party.PATIENT or outcome is CancellationOutcome.FREE:
        return paid.left_minor
    if outcome is not CancellationOutcome.LATE:
        return 0
    return _beyond(kept_minor, paid)


def refund_on_no_show(*, paid: Paid, fee_minor: int | None = None) -> int:
    """What goes back to somebody who did not come: what exceeds the no-show fee; where there is none, nothing."""
    return _beyond(fee_minor, paid)


def _beyond(kept_minor: int | None, paid: Paid) -> int:
    """What can be given back while that much, None for all, stays with the practice."""
    return 0 if kept_minor is None else max(0, paid.left_minor - kept_minor)


def allot(total: int, weights: Sequence[int]) -> list[int]:
    """Divide a total by weights, exactly, by largest remainder; of equal remainders the earlier part gets the unit.

    No part exceeds its weight where the total does not exceed their sum. Raises ValueError for a negative total or
    weight, and for a total that nobody has any weight for.
    """
    whole = sum(weights)
    if total < 0 or any(weight < 0 for weight in weights) or (total and not whole):
        raise ValueError("nothing to divide by")
    if not total:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


@dataclass(frozen=True)
class TaxRate:
    """A tax in basis points of the price without taxes: 1800 is 18 %."""

    name: str
    basis_points: int


@dataclass(frozen=True)
class TaxLine:
    name: str
    basis_points: int
    minor: int


@dataclass(frozen=True)
class Split:
    """A fee and where it goes. The parts add up to it."""

    clinician_minor: int
    platform_minor: int
    tax_lines: tuple[TaxLine, ...] = ()

    @property
    def tax_minor(self) -> int:
        return sum(line.minor for line in self.tax_lines)

    @property
    def minor(self) -> int:
        return self.clinician_minor + self.platform_minor + self.tax_minor


WHOLE = 10_000


def split_fee(minor: int, *, taxes: Sequence[TaxRate] = (), platform_basis_points: int = 0) -> Split:
    """Split a fee that includes its taxes; the platform's share is of what they leave.

    Raises ValueError for a share that is not between none and all.
    """
    if not 0 <= platform_basis_points <= WHOLE:
        raise ValueError("a share is between 0 and 10,000 basis points")
    net, *amounts = allot(minor, [WHOLE, *(tax.basis_points for tax in taxes)])
    clinician, platform = allot(net, [WHOLE - platform_basis_points, platform_basis_points])
    lines = tuple(
        TaxLine(tax.name, tax.basis_points, amount) for tax, amount in zip(taxes, amounts, strict=True)
    )
    return Split(clinician, platform, lines)


def credits_returned(credit_count: int, *, paid_minor: int, returned_minor: int) -> int:
    """How many credits go with so much of the money in all: whole ones only, and the last with the last money."""
    return credit_count * returned_minor // paid_minor
