"""What Razorpay's orders, payments, refunds and links look like when they are new."""

from typing import Any

from portal.sandbox.razorpay_book import Thing

NO_ERROR = dict.fromkeys(("error_code", "error_description", "error_source", "error_step", "error_reason"))
DECLINED = {
    "error_code": "BAD_REQUEST_ERROR",
    "error_description": "Your payment was declined by the bank. Please try another method.",
    "error_source": "issuer",
    "error_step": "payment_authorization",
    "error_reason": "payment_failed",
}
UNUSED = ("invoice_id", "description", "card_id", "bank", "wallet", "vpa", "email", "contact", "fee", "tax")


def an_order(order_id: str, body: dict[str, Any], *, now: int) -> Thing:
    """Notes are written as an empty list where there are none, here and below."""
    return {
        "id": order_id,
        "entity": "order",
        "amount": body["amount"],
        "amount_paid": 0,
        "amount_due": body["amount"],
        "currency": body["currency"],
        "receipt": body.get("receipt"),
        "status": "created",
        "attempts": 0,
        "notes": body.get("notes") or [],
        "created_at": now,
    }


def a_payment(payment_id: str, order: Thing, method: dict[str, Any], *, now: int) -> Thing:
    usual = {
        "id": payment_id,
        "entity": "payment",
        "amount": order["amount"],
        "currency": order["currency"],
        "status": "created",
        "order_id": order["id"],
        "international": False,
        "amount_refunded": 0,
        "refund_status": None,
        "captured": False,
        "notes": order["notes"],
        "acquirer_data": {},
        "created_at": now,
    }
    return dict.fromkeys(UNUSED) | usual | NO_ERROR | method


def a_refund(refund_id: str, payment: Thing, body: dict[str, Any], amount: int, *, now: int) -> Thing:
    return {
        "id": refund_id,
        "entity": "refund",
        "amount": amount,
        "currency": payment["currency"],
        "payment_id": payment["id"],
        "notes": body.get("notes") or [],
        "receipt": body.get("receipt"),
        "acquirer_data": {"arn": None},
        "created_at": now,
        "batch_id": None,
        "status": "processed",
        "speed_processed": "normal",
        "speed_requested": body.get("speed", "normal"),
    }


def a_link(link_id: str, body: dict[str, Any], *, order_id: str, short_url: str, now: int) -> Thing:
    asked = {
        "accept_partial": False,
        "callback_url": "",
        "callback_method": "",
        "customer": {},
        "description": "",
        "expire_by": 0,
        "notes": [],
        "notify": {"sms": False, "email": False},
        "reference_id": "",
        "reminder_enable": False,
    }
    own = {
        "id": link_id,
        "order_id": order_id,
        "short_url": short_url,
        "status": "created",
        "amount_paid": 0,
        "first_min_partial_amount": 0,
        "payments": [],
        "reminders": [],
        "upi_link": False,
        "created_at": now,
        "updated_at": now,
        "cancelled_at": 0,
        "expired_at": 0,
    }
    return asked | body | own
