"""Money in whole minor units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.money import Money, parse_amount

CURRENCIES = ["GBP", "EUR", "INR", "JPY", "KWD"]


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("45", "GBP", 4500),
        ("45.5", "GBP", 4550),
        ("45,50", "EUR", 4550),
        (" 0.01 ", "GBP", 1),
        ("0", "GBP", 0),
        ("1500", "JPY", 1500),
        ("1500.0", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("45.500", "GBP", 4550),
        ("-3", "GBP", -300),
        (".5", "GBP", 50),
        ("45.", "GBP", 4500),
        ("9" * 15, "KWD", 999_999_999_999_999_000),
    ],
)
def test_an_amount_is_read_in_the_minor_units_of_its_currency(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("45.005", "GBP"),
        ("0.5", "JPY"),
        ("1.2345", "KWD"),
        ("", "GBP"),
        ("ten", "GBP"),
        ("1.000,50", "EUR"),
        ("1,000.50", "GBP"),
        ("NaN", "GBP"),
        ("Infinity", "GBP"),
        ("£45", "GBP"),
        ("4 5", "GBP"),
        (".", "GBP"),
        ("1e3", "GBP"),
        ("1e999999", "GBP"),
        ("1_000", "GBP"),
        ("9" * 16, "GBP"),
    ],
)
def test_what_is_no_amount_or_too_fine_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"amount|finer"):
        parse_amount(text, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [(4550, "GBP", "45.50"), (1, "GBP", "0.01"), (1500, "JPY", "1500"), (1, "KWD", "0.001")],
)
def test_the_amount_is_exact(minor: int, currency: str, amount: str) -> None:
    assert str(Money(minor, currency).amount) == amount


@given(st.integers(1 - 10**15, 10**15 - 1), st.sampled_from(CURRENCIES))
def test_an_amount_written_down_is_read_back_as_the_same_money(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert isinstance(money.amount, Decimal)
    assert parse_amount(f"{money.amount:f}", currency) == money
