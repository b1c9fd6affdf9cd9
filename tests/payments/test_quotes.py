"""What a quotation adds up to, whatever its lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.payments.quotes import MOST_ITEMS, MOST_QUANTITY, Item, add_up
from portal.payments.rules import TaxRate
from portal.people.profiles import MOST_FEE_MINOR

items = st.lists(
    st.builds(
        Item,
        description=st.just("Something"),
        quantity=st.integers(1, MOST_QUANTITY),
        unit_minor=st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=10,
)
taxes = st.lists(st.builds(TaxRate, name=st.just("VAT"), basis_points=st.integers(0, 9000)), max_size=3)


@given(items, st.integers(0, 10_000), taxes)
def test_lines_less_the_discount_are_what_is_paid_to_the_last_penny(
    lines: list[Item], discount: int, rates: list[TaxRate]
) -> None:
    subtotal = sum(line.quantity * line.unit_minor for line in lines)
    discount = min(discount, subtotal)
    sums = add_up(lines, discount_minor=discount, taxes=rates)
    assert (sums.subtotal_minor, sums.total_minor) == (subtotal, subtotal - discount)
    assert 0 <= sum(line.minor for line in sums.tax_lines) <= sums.total_minor


@given(st.integers(0, MOST_FEE_MINOR), taxes)
def test_each_tax_contained_in_the_total_is_right_to_the_penny(total: int, rates: list[TaxRate]) -> None:
    sums = add_up([Item("All", 1, total)], taxes=rates)
    whole = 10_000 + sum(rate.basis_points for rate in rates)
    assert [line.basis_points for line in sums.tax_lines] == [rate.basis_points for rate in rates]
    for line in sums.tax_lines:
        assert abs(line.minor * whole - total * line.basis_points) <= whole


@given(items, st.integers(1, 10_000))
def test_a_discount_is_never_above_what_the_lines_come_to(lines: list[Item], more: int) -> None:
    subtotal = sum(line.minor for line in lines)
    for discount in (subtotal + more, -more):
        with pytest.raises(Invalid) as refused:
            add_up(lines, discount_minor=discount)
        assert "discount" in refused.value.details


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [Item("Something", 1, 100)] * (MOST_ITEMS + 1),
        [Item(" ", 1, 100)],
        [Item("Something", 0, 100)],
        [Item("Something", MOST_QUANTITY + 1, 1)],
        [Item("Something", 1, -1)],
        [Item("Something", 2, MOST_FEE_MINOR)],
    ],
)
def test_lines_that_nobody_can_be_asked_to_pay_are_refused(lines: list[Item]) -> None:
    with pytest.raises(Invalid) as refused:
        add_up(lines)
    assert "items" in refused.value.details
