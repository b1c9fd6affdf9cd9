"""Stripe's errors, as it words and numbers them."""

from typing import Any


class Refusal(Exception):
    """What Stripe answers instead. `is_kept` for those that an idempotency key repeats: all but failed checks."""

    def __init__(
        self, message: str, *, status: int = 400, code: str = "", is_kept: bool = False, **more: Any
    ) -> None:
        super().__init__(message)
        self.status, self.is_kept = status, is_kept
        self.error = {"type": "invalid_request_error", "message": message, **more}
        if code:
            self.error["code"] = code

    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def unexpected_state(intent: dict[str, Any], wish: str) -> Refusal:
    return Refusal(
        f"You cannot {wish} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        is_kept=True,
        payment_intent=intent,
    )


def unknown(kind: str, thing_id: str) -> Refusal:
    return Refusal(f"No such {kind}: '{thing_id}'", status=404, code="resource_missing", param="id")
