"""What Razorpay's orders and payments say, in the words of the contract."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from portal.core.money import Money
from portal.payments.gateways import Found, Link, Refunded, RefundState, State

CANCELLED = "cancelled"  # our note
REFUND_STATES = {"processed": RefundState.DONE, "failed": RefundState.FAILED}
LINK_STATES = {"paid": State.PAID, "cancelled": State.CANCELLED, "expired": State.CANCELLED}
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


def found_by_link(link: Entity, payments: list[Entity]) -> Found:
    """A link with all attempts at it; a payment is there sooner than the link says so."""
    is_paid = any(payment["captured"] for payment in payments)
    return _found(link, payments, State.PAID if is_paid else _link_state(link))


def _found(subject: Entity, payments: list[Entity], state: State) -> Found:
    payments = sorted(payments, key=lambda payment: int(payment["created_at"]))
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


def _link_state(link: Entity) -> State:
    return LINK_STATES.get(link["status"], State.OPEN)


def link(link: Entity) -> Link:
    expires = link.get("expire_by")
    return Link(
        link["id"],
        url=link["short_url"],
        state=_link_state(link),
        expires_at=datetime.fromtimestamp(expires, UTC) if expires else None,
        paid=Money(link["amount_paid"], link["currency"]) if link["amount_paid"] else None,
    )


def link_answer(answer: Mapping[str, str]) -> dict[str, str]:
    """Under the names that the client's check wants, and no others: it would take a `secret` from whoever sends one."""
    about = ("id", "reference_id", "status")
    named = {f"payment_link_{name}": answer[f"razorpay_payment_link_{name}"] for name in about}
    return named | {name: answer[name] for name in ("razorpay_payment_id", "razorpay_signature")}


def refunded(refund: Entity) -> Refunded:
    state = REFUND_STATES.get(refund["status"], RefundState.PENDING)
    return Refunded(refund["id"], state, Money(refund["amount"], refund["currency"]))
