"""Money is neither made nor lost, whatever is divided, kept or given back."""

from collections.abc import Sequence
from itertools import accumulate, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.appointments.models import Party
from portal.appointments.rules import CancellationOutcome
from portal.payments import rules
from portal.payments.errors import PaymentNotPossible, RefundNotAllowed
from portal.payments.gateways import RefundState
from portal.payments.models import Payment, PaymentStatus, Refund
from portal.payments.rules import Paid, Split, TaxLine, TaxRate
from tests.conftest import NOW

AMOUNTS = st.integers(0, 10**12)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=8).filter(any)
TAXES = st.lists(st.builds(TaxRate, st.just("VAT"), st.integers(0, 10_000)), max_size=4)
SHARES = st.integers(0, 10_000)
KEPT = st.none() | AMOUNTS
VAT = TaxRate("VAT", 2000)


@st.composite
def some_paid(draw: st.DrawFn) -> Paid:
    """Something paid, of which parts went back or are on their way."""
    minor = draw(st.integers(1, 10**12))
    returned = draw(st.integers(0, minor))
    return Paid(minor, returned, draw(st.integers(0, minor - returned)))


# Who gets which part


@given(AMOUNTS, WEIGHTS)
def test_what_is_divided_adds_up_and_nobody_is_a_unit_away_from_the_exact_share(
    total: int, weights: Sequence[int]
) -> None:
    parts = rules.allot(total, weights)
    assert sum(parts) == total
    assert all(
        abs(part * sum(weights) - total * weight) < sum(weights)
        for part, weight in zip(parts, weights, strict=True)
    )


@given(WEIGHTS, st.data())
def test_nobody_gives_back_more_than_they_have(owed: list[int], data: st.DataObject) -> None:
    parts = rules.allot(data.draw(st.integers(0, sum(owed))), owed)
    assert all(0 <= part <= whole for part, whole in zip(parts, owed, strict=True))


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (5, [3, 3, 1], [2, 2, 1]),
        (1, [1, 1], [1, 0]),
        (7, [0, 1], [0, 7]),
        (0, [0, 0], [0, 0]),
    ],
)
def test_the_largest_remainder_gets_the_unit_that_is_over(
    total: int, weights: list[int], parts: list[int]
) -> None:
    assert rules.allot(total, weights) == parts


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, []), (1, [0]), (1, [2, -1])])
def test_what_cannot_be_divided_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="nothing to divide by"):
        rules.allot(total, weights)


@given(AMOUNTS, TAXES, SHARES)
def test_a_fee_is_all_of_its_parts(minor: int, taxes: list[TaxRate], share: int) -> None:
    split = rules.split_fee(minor, taxes=taxes, platform_basis_points=share)
    assert split.clinician_minor + split.platform_minor + sum(line.minor for line in split.tax_lines) == minor
    assert min(split.clinician_minor, split.platform_minor, split.tax_minor) >= 0


def test_the_platform_takes_its_share_of_what_the_taxes_leave() -> None:
    taxes = [TaxRate("CGST", 900), TaxRate("SGST", 900)]
    split = rules.split_fee(11_800, taxes=taxes, platform_basis_points=1500)
    assert split == Split(8500, 1500, (TaxLine("CGST", 900, 900), TaxLine("SGST", 900, 900)))


def test_a_fee_that_does_not_divide_loses_nothing() -> None:
    assert rules.split_fee(9999, taxes=[VAT], platform_basis_points=1000) == Split(
        7500, 833, (TaxLine("VAT", 2000, 1666),)
    )


@pytest.mark.parametrize("share", [-1, 10_001])
def test_nobody_gets_more_than_all(share: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 10,000"):
        rules.split_fee(100, platform_basis_points=share)


@given(st.integers(1, 50), st.integers(1, 10**6), st.lists(st.integers(1, 10**5), max_size=6))
def test_credits_go_with_their_money_whole_and_all_at_the_end(
    count: int, minor: int, amounts: list[int]
) -> None:
    steps = [step for step in accumulate(amounts) if step < minor] + [minor]
    gone = [rules.credits_returned(count, paid_minor=minor, returned_minor=step) for step in steps]
    assert gone == sorted(gone)
    assert gone[-1] == count
    assert all(credit * minor <= count * step for credit, step in zip(gone, steps, strict=True))


# What goes back


@given(some_paid(), st.sampled_from(CancellationOutcome), st.sampled_from(Party), KEPT)
def test_cancelling_never_gives_back_more_than_is_left(
    paid: Paid, outcome: CancellationOutcome, by: Party, deposit: int | None
) -> None:
    back = rules.refund_on_cancelling(outcome, by=by, paid=paid, kept_minor=deposit)
    assert 0 <= back <= paid.minor - paid.returned_minor - paid.returning_minor


@given(some_paid(), KEPT)
def test_not_coming_never_gives_back_more_than_is_left(paid: Paid, fee: int | None) -> None:
    assert 0 <= rules.refund_on_no_show(paid=paid, fee_minor=fee) <= paid.left_minor


@pytest.mark.parametrize("outcome", CancellationOutcome)
@pytest.mark.parametrize("by", [Party.CLINICIAN, Party.CENTRE, Party.SYSTEM])
def test_who_is_cancelled_by_the_practice_gets_everything_back(
    by: Party, outcome: CancellationOutcome
) -> None:
    assert rules.refund_on_cancelling(outcome, by=by, paid=Paid(6000), kept_minor=2000) == 6000


@pytest.mark.parametrize(
    ("outcome", "deposit", "back"),
    [
        (CancellationOutcome.FREE, None, 6000),
        (CancellationOutcome.FREE, 2000, 6000),
        (CancellationOutcome.LATE, None, 0),
        (CancellationOutcome.LATE, 2000, 4000),
        (CancellationOutcome.LATE, 6000, 0),
        (CancellationOutcome.LATE, 9000, 0),
        (CancellationOutcome.LATE, 0, 6000),
        (CancellationOutcome.REQUEST, 2000, 0),
        (CancellationOutcome.REFUSED, 2000, 0),
    ],
)
def test_a_patient_who_cancels_gets_back_what_the_rules_of_the_practice_leave(
    outcome: CancellationOutcome, deposit: int | None, back: int
) -> None:
    assert rules.refund_on_cancelling(outcome, by=Party.PATIENT, paid=Paid(6000), kept_minor=deposit) == back


def test_what_went_back_before_does_not_go_back_again() -> None:
    paid = Paid(6000, returned_minor=1000, returning_minor=500)
    assert rules.refund_on_cancelling(CancellationOutcome.FREE, by=Party.PATIENT, paid=paid) == 4500


@pytest.mark.parametrize(("fee", "back"), [(None, 0), (0, 6000), (2500, 3500), (7000, 0)])
def test_who_does_not_come_gets_back_what_exceeds_the_fee(fee: int | None, back: int) -> None:
    assert rules.refund_on_no_show(paid=Paid(6000), fee_minor=fee) == back


@pytest.mark.parametrize("minor", [-1, 0, 3501])
def test_staff_cannot_refund_nothing_nor_more_than_is_left(minor: int) -> None:
    with pytest.raises(RefundNotAllowed):
        rules.check_refundable(Paid(6000, 2000, 500), minor)


def test_staff_can_refund_all_that_is_left() -> None:
    rules.check_refundable(Paid(6000, 2000, 500), 3500)


def test_nothing_goes_back_of_what_never_arrived() -> None:
    payment = Payment(amount_minor=6000, status=PaymentStatus.PENDING, paid_at=None)
    assert rules.paid_of(payment) == Paid(0)


def test_a_refund_that_failed_counts_for_nothing() -> None:
    amounts = {RefundState.DONE: 1000, RefundState.PENDING: 200, RefundState.FAILED: 30}
    refunds = [Refund(amount_minor=minor, status=status) for status, minor in amounts.items()]
    payment = Payment(amount_minor=6000, status=PaymentStatus.PAID, paid_at=NOW, refunds=refunds)
    assert rules.paid_of(payment) == Paid(6000, 1000, 200)


# Statuses


@pytest.mark.parametrize(
    ("paid", "status"),
    [
        (Paid(100), PaymentStatus.PAID),
        (Paid(100, 0, 100), PaymentStatus.REFUND_PENDING),
        (Paid(100, 40, 60), PaymentStatus.REFUND_PENDING),
        (Paid(100, 40), PaymentStatus.PARTIALLY_REFUNDED),
        (Paid(100, 100), PaymentStatus.REFUNDED),
    ],
)
def test_the_status_of_a_payment_follows_from_its_refunds(paid: Paid, status: PaymentStatus) -> None:
    assert rules.status_of(paid) is status


@given(some_paid(), some_paid())
def test_whatever_happens_to_refunds_is_a_step_that_is_allowed(one: Paid, other: Paid) -> None:
    before, after = rules.status_of(one), rules.status_of(other)
    if before is not after:
        rules.check_may_become(Payment(status=before), after)


def test_what_was_paid_is_never_unpaid_again() -> None:
    unpaid = {PaymentStatus.PENDING, PaymentStatus.FAILED}
    for before, after in product(set(PaymentStatus) - unpaid, unpaid):
        with pytest.raises(PaymentNotPossible):
            rules.check_may_become(Payment(status=before), after)


def test_nothing_goes_back_before_it_arrived() -> None:
    later = set(PaymentStatus) - {PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.PAID}
    for before, after in product([PaymentStatus.PENDING, PaymentStatus.FAILED], later):
        with pytest.raises(PaymentNotPossible):
            rules.check_may_become(Payment(status=before), after)


@pytest.mark.parametrize("before", [PaymentStatus.PENDING, PaymentStatus.FAILED])
def test_money_that_comes_late_still_counts(before: PaymentStatus) -> None:
    rules.check_may_become(Payment(status=before), PaymentStatus.PAID)


@pytest.mark.parametrize(
    ("before", "after"),
    [("FAILED", "DONE"), ("FAILED", "PENDING"), ("DONE", "PENDING"), ("DONE", "DONE")],
)
def test_a_refund_that_failed_stays_so_and_another_takes_its_place(before: str, after: str) -> None:
    with pytest.raises(PaymentNotPossible):
        rules.check_refund_may_become(Refund(status=before), RefundState(after))


def test_a_refund_that_arrived_can_come_back() -> None:
    rules.check_refund_may_become(Refund(status="DONE"), RefundState.FAILED)
