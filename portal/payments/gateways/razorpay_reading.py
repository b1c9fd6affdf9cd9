"""What Razorpay's orders and payments say, in the words of the contract."""

from typing import Any

from portal.core.money import Money
from portal.payments.gateways import Found, State

CANCELLED = "cancelled"  # our note
LONGEST_FAILURE = 200
Entity = dict[str, Any]


def notes(entity: Entity) -> dict[str, str]:
    """Razorpay writes no notes as an empty list."""
    found = entity.get("notes")
    return dict(found) if isinstance(found, dict) else {}


def found(order: Entity, payments: list[Entity]) -> Found:
    """An order with all attempts at it."""
    if any(payment["captured"] for payment in payments):
        state = State.PAID
    elif any(payment["status"] == "authorized" for payment in payments):
        state = State.PROCESSING
    elif CANCELLED in notes(order):
        state = State.CANCELLED
    else:
        state = State.OPEN
    return _found(order, payments, state)


def found_by_link(link: Entity, payments: list[Entity], state: State) -> Found:
    """A link with all attempts at it."""
    if state is not State.PAID and any(payment["captured"] for payment in payments):
        state = State.PAID  # its payment was faster than the link's own state
    return _found(link, payments, state)


def _found(subject: Entity, payments: list[Entity], state: State) -> Found:
    captured = [payment for payment in payments if payment["captured"]]
    shown = captured or payments
    currency = subject["currency"]
    return Found(
        subject["id"],
        state,
        paid=Money(sum(payment["amount"] for payment in captured), currency),
        refunded=Money(sum(payment["amount_refunded"] for payment in captured), currency),
        transaction_id=captured[0]["id"] if captured else "",
        method=shown[-1]["method"] if shown else "",
        failure="" if captured else _failure(payments),
    )


def _failure(payments: list[Entity]) -> str:
    """Why the last attempt failed, in Razorpay's words for the payer."""
    last = payments[-1] if payments else {}
    text = last.get("error_description") if last.get("status") == "failed" else ""
    return " ".join(str(text or "").split())[:LONGEST_FAILURE]
