"""What Razorpay documents about a request, checked to the letter."""

import re
from datetime import timedelta
from typing import Any

LEAST_PAISE = 100
LEAST_AHEAD = timedelta(minutes=15)
MOST_AHEAD = timedelta(days=183)  # six months
REFUND_KEY = re.compile(r"[A-Za-z0-9_-]{10,}")
CURRENCY = re.compile("[A-Z]{3}")
CONTACT = re.compile(r"\+?[0-9]{8,14}")
CARDS = {"4111111111111111", "5267318187975449"}

ORDER = {"amount", "currency", "receipt", "notes", "partial_payment", "payment_capture"}
REFUND = {"amount", "speed", "notes", "receipt"}
LINK = {
    *(
        "amount",
        "currency",
        "accept_partial",
        "expire_by",
        "reference_id",
        "description",
        "customer",
        "notify",
    ),
    *("reminder_enable", "notes", "callback_url", "callback_method"),
}


class Wrong(Exception):
    """Razorpay would refuse that, with status 400; `field` is the one it names."""

    def __init__(self, description: str, field: str = "") -> None:
        super().__init__(description)
        self.field = field


def check_order(body: Any) -> None:
    """Raises Wrong."""
    _only(body, ORDER)
    _money(body)
    if len(_text(body, "receipt")) > 40:
        raise Wrong("receipt: the length must be no more than 40.", "receipt")
    check_notes(body)


def check_notes(body: dict[str, Any]) -> None:
    """Up to 15 pairs of texts of 256 characters; raises Wrong."""
    notes = body.get("notes", {})
    if (
        not isinstance(notes, dict)
        or len(notes) > 15
        or any(len(str(value)) > 256 for value in notes.values())
    ):
        raise Wrong("notes: at most 15 pairs of at most 256 characters", "notes")


def check_refund(body: Any, *, left: int) -> int:
    """How much is to go back, of what is `left`: all of it where nothing is said. Raises Wrong."""
    _only(body, REFUND)
    amount = body.get("amount", left)
    if type(amount) is not int or amount < LEAST_PAISE:
        raise Wrong("The amount must be at least INR 1.00", "amount")
    if amount > left:
        raise Wrong("The refund amount provided is greater than amount captured", "amount")
    if body.get("speed", "normal") not in {"normal", "optimum"}:
        raise Wrong("speed: normal or optimum", "speed")
    check_notes(body)
    return amount


def check_refund_key(key: str) -> None:
    if key and not REFUND_KEY.fullmatch(key):
        raise Wrong("X-Refund-Idempotency: at least 10 letters, numbers, hyphens and underscores")


def check_link(body: Any, *, now: float) -> None:
    """Raises Wrong."""
    _only(body, LINK)
    _money(body)
    check_notes(body)
    if len(_text(body, "reference_id")) > 40:
        raise Wrong("reference_id: the length must be no more than 40.", "reference_id")
    if len(_text(body, "description")) > 2048:
        raise Wrong("description: the length must be no more than 2048.", "description")
    _check_expiry(body.get("expire_by", 0), now)
    _check_customer(body.get("customer", {}))
    if ("callback_url" in body) != (body.get("callback_method") == "get"):
        raise Wrong("callback_method must be get where there is a callback_url", "callback_method")


def _check_expiry(expire_by: Any, now: float) -> None:
    if type(expire_by) is not int:
        raise Wrong("expire_by must be an integer.", "expire_by")
    if expire_by and expire_by < now + LEAST_AHEAD.total_seconds() - 1:
        raise Wrong("expire_by should be at least 15 minutes after the current time.", "expire_by")
    if expire_by > now + MOST_AHEAD.total_seconds():
        raise Wrong("expire_by cannot exceed six months.", "expire_by")


def _check_customer(customer: Any) -> None:
    _only(customer, {"name", "email", "contact"})
    if "contact" in customer and not CONTACT.fullmatch(_text(customer, "contact")):
        raise Wrong("Contact number should be at least 8 digits, including country code", "contact")
    if "email" in customer and "@" not in _text(customer, "email"):
        raise Wrong("The email must be a valid email address.", "email")


def _money(body: dict[str, Any]) -> None:
    if type(body.get("amount")) is not int or body["amount"] < LEAST_PAISE:
        raise Wrong("The amount must be at least INR 1.00", "amount")
    if not CURRENCY.fullmatch(_text(body, "currency")):
        raise Wrong("Currency is not supported", "currency")


def _only(body: Any, allowed: set[str]) -> None:
    if not isinstance(body, dict):
        raise Wrong("Please provide a JSON object")
    if extra := sorted(set(body) - allowed):
        raise Wrong(f"{extra[0]} is/are not required and should not be sent", extra[0])


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Wrong(f"{name} must be a string.", name)
    return value
