"""Requests to Razorpay are as it documents them, to the letter."""

from typing import Any

import pytest

from portal.sandbox.razorpay_rules import Wrong, check_link, check_order, check_refund

NOW = 1_800_000_000
ORDER: dict[str, Any] = {"amount": 50000, "currency": "INR", "receipt": "r", "notes": {"reference": "BK-1"}}
LINK: dict[str, Any] = {
    "amount": 50000,
    "currency": "INR",
    "reference_id": "r",
    "description": "Visit",
    "customer": {"email": "rosa@example.org", "contact": "+919000090000"},
    "notify": {"sms": False, "email": False},
    "expire_by": NOW + 3600,
    "callback_url": "http://127.0.0.1/back",
    "callback_method": "get",
}


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 99},
        {"amount": 500.5},
        {"amount": "50000"},
        {"amount": True},
        {"currency": "inr"},
        {"currency": 7},
        {"receipt": "r" * 41},
        {"notes": {str(number): "x" for number in range(16)}},
        {"notes": {"x": "y" * 257}},
        {"notes": ["x"]},
        {"surprise": 1},
    ],
    ids=str,
)
def test_an_order_is_as_documented_or_refused(changes: dict[str, Any]) -> None:
    check_order(ORDER)
    with pytest.raises(Wrong):
        check_order(ORDER | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"expire_by": NOW + 14 * 60},
        {"expire_by": NOW + 190 * 86400},
        {"expire_by": "tomorrow"},
        {"callback_method": "post"},
        {"customer": {"contact": "9000"}},
        {"customer": {"email": "rosa"}},
        {"customer": {"surname": "Lind"}},
        {"reference_id": "r" * 41},
        {"description": "x" * 2049},
        {"reminder": 1},
    ],
    ids=str,
)
def test_a_link_is_as_documented_or_refused(changes: dict[str, Any]) -> None:
    check_link(LINK, now=NOW)
    with pytest.raises(Wrong):
        check_link(LINK | changes, now=NOW)


@pytest.mark.parametrize(
    "body", [{"amount": 501}, {"amount": 99}, {"amount": 200.0}, {"speed": "soon"}, [], None]
)
def test_a_refund_is_as_documented_or_refused(body: object) -> None:
    assert check_refund({}, left=500) == 500
    assert check_refund({"amount": 200, "speed": "optimum"}, left=500) == 200
    with pytest.raises(Wrong):
        check_refund(body, left=500)
