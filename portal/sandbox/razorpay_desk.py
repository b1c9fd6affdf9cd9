"""What Razorpay does with money, by its own books: nothing of HTTP in here."""

import hashlib
import hmac
import json
import secrets
import string
import time
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from portal.sandbox import razorpay_rules as rules
from portal.sandbox.past import past_of
from portal.sandbox.razorpay_book import RazorpayBook, Thing
from portal.sandbox.razorpay_rules import Wrong
from portal.sandbox.razorpay_things import DECLINED, a_payment, a_refund, an_order
from portal.sandbox.webhooks import Sign, Teller

LETTERS = string.ascii_letters + string.digits
NOT_THERE = "The id provided does not exist"


def new_id(kind: str) -> str:
    return f"{kind}_{''.join(secrets.choice(LETTERS) for _ in range(14))}"


def signer(secret: str) -> Sign:
    """The headers that prove a webhook."""

    def sign(body: bytes, event_id: str) -> dict[str, str]:
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {"X-Razorpay-Signature": signature, "x-razorpay-event-id": event_id}

    return sign


@dataclass(frozen=True)
class Plan:
    """`ahead_seconds` lets it be later than it is; `refunds_wait` leaves refunds pending until they are settled."""

    ahead_seconds: float = 0.0
    refunds_wait: bool = False

    def changed(self, wanted: dict[str, Any]) -> "Plan":
        """Raises ValueError for what it does not know."""
        if unknown := set(wanted) - {field.name for field in fields(self)}:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        return replace(self, **wanted)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Desk:
    """Threads share it. Money moves while the book is being written, or not at all."""

    def __init__(self, book: RazorpayBook, teller: Teller) -> None:
        self.book, self.teller, self.plan = book, teller, Plan()

    def close(self) -> None:
        """Tell nobody any more, and close the book."""
        self.teller.close()
        self.book.close()

    def forget(self) -> None:
        """Begin anew, with usual behaviour."""
        self.teller.forget()
        self.book.forget()
        self.plan = Plan()

    def now(self) -> int:
        return int(time.time() + self.plan.ahead_seconds)

    def get(self, kind: str, thing_id: str) -> Thing:
        """An order, payment or refund; raises Wrong."""
        found = self.book.find(kind, thing_id)
        if found is None:
            raise Wrong(NOT_THERE)
        return found

    def make_order(self, body: Any) -> Thing:
        """Raises Wrong."""
        rules.check_order(body)
        order = an_order(new_id("order"), body, now=self.now())
        self.book.add("order", order, key=body.get("receipt", ""))
        if body.get("payment_capture") in (0, False):
            self.book.add("manual", {"id": f"manual_{order['id']}"})
        return order

    def note(self, order_id: str, body: Any) -> Thing:
        """Replace an order's notes: all that can be changed of it."""
        if not isinstance(body, dict) or set(body) != {"notes"}:
            raise Wrong("Only notes can be changed", "notes")
        rules.check_notes(body)
        with self.book.writing():
            return self.book.change(self.get("order", order_id), notes=body["notes"] or [])

    def attempt(self, order_id: str, method: dict[str, Any], *, is_approved: bool) -> Thing:
        """Somebody tries to pay an order; returns the payment: captured, authorized or failed. Raises Wrong."""
        with self.book.writing():
            order = self.get("order", order_id)
            if order["status"] == "paid":
                raise Wrong("This order is already paid.")
            payment = a_payment(new_id("pay"), order, method, now=self.now())
            self.book.add("payment", payment, parent=order_id)
            self.book.change(order, status="attempted", attempts=order["attempts"] + 1)
            if not is_approved:
                payment = self.book.change(payment, status="failed", **DECLINED)
            elif self.book.find("manual", f"manual_{order_id}"):
                payment = self.book.change(payment, status="authorized")
            else:
                payment = self._capture(payment)
        if payment["status"] != "authorized":
            self.tell(f"payment.{payment['status']}", payment=payment)
        return payment

    def _capture(self, payment: Thing) -> Thing:
        order = self.get("order", payment["order_id"])
        self.book.change(order, status="paid", amount_paid=order["amount"], amount_due=0)
        self._move(payment, payment["amount"])
        return self.book.change(payment, status="captured", captured=True)

    def _move(self, payment: Thing, amount: int) -> None:
        """Each time money moves, a line that never changes: below zero when it goes back."""
        line = {"id": new_id("move"), "payment_id": payment["id"], "currency": payment["currency"]}
        self.book.add("movement", line | {"amount": amount, "at": self.now()}, parent=payment["id"])

    def capture(self, payment_id: str, body: Any) -> Thing:
        """Take the money of an authorized payment; raises Wrong."""
        with self.book.writing():
            payment = self.get("payment", payment_id)
            if payment["status"] != "authorized":
                raise Wrong("This payment has already been captured")
            if not isinstance(body, dict) or body.get("amount") != payment["amount"]:
                raise Wrong("Capture amount must be equal to the amount authorized", "amount")
            payment = self._capture(payment)
        self.tell("payment.captured", payment=payment)
        return payment

    def refund(self, payment_id: str, body: Any, *, key: str) -> Thing:
        """Give money back, once for each key; raises Wrong."""
        rules.check_refund_key(key)
        with self.book.writing():
            asked = self.book.find("refund_key", f"key_{key}") if key else None
            if asked is not None:
                if asked["asked"] != [payment_id, body]:
                    raise Wrong("Different request body for the same idempotency key")
                return self.get("refund", asked["refund_id"])
            refund = self._refund(self._known(payment_id), body)
            if key:
                known = {"id": f"key_{key}", "asked": [payment_id, body], "refund_id": refund["id"]}
                self.book.add("refund_key", known)
        if refund["status"] == "processed":
            self._tell_refund(refund)
        return refund

    def _known(self, payment_id: str) -> Thing:
        """A payment of this book, or one from before it, which is entered now; raises Wrong."""
        past = past_of(payment_id)
        if past is None or self.book.find("payment", payment_id):
            return self.get("payment", payment_id)
        asked = {"amount": past.amount, "currency": past.currency.upper()}
        order = an_order(new_id("order"), asked, now=self.now())
        payment = a_payment(payment_id, order, {"method": "upi"}, now=self.now())
        self.book.add("order", order)
        self.book.add("payment", payment, parent=order["id"])
        return self._capture(payment)

    def _refund(self, payment: Thing, body: Any) -> Thing:
        if not payment["captured"]:
            raise Wrong("The payment status should be captured for action to be taken")
        left = payment["amount"] - payment["amount_refunded"]
        if not left:
            raise Wrong("The payment has been fully refunded already")
        amount = rules.check_refund(body, left=left)
        refunded = payment["amount_refunded"] + amount
        whole = refunded == payment["amount"]
        self.book.change(
            payment,
            amount_refunded=refunded,
            refund_status="full" if whole else "partial",
            status="refunded" if whole else "captured",
        )
        refund = a_refund(new_id("rfnd"), payment, body, amount, now=self.now())
        if self.plan.refunds_wait:
            refund["status"] = "pending"
        self.book.add("refund", refund, parent=payment["id"])
        self._move(payment, -amount)
        return refund

    def settle_refunds(self, *, fail: bool = False) -> None:
        """What is pending is done now, or has failed, and the money is the practice's again."""
        for refund in self.book.all("refund"):
            if refund["status"] != "pending":
                continue
            with self.book.writing():
                done = self.book.change(refund, status="failed" if fail else "processed")
                if fail:
                    self._take_back(refund)
            self._tell_refund(done)

    def _take_back(self, refund: Thing) -> None:
        payment = self.get("payment", refund["payment_id"])
        left = payment["amount_refunded"] - refund["amount"]
        self._move(payment, refund["amount"])
        self.book.change(
            payment, amount_refunded=left, refund_status="partial" if left else None, status="captured"
        )

    def _tell_refund(self, refund: Thing) -> None:
        payment = self.get("payment", refund["payment_id"])
        self.tell(f"refund.{refund['status']}", refund=refund, payment=payment)

    def tell(self, name: str, **entities: Thing) -> None:
        """Write an event down, and send its webhook."""
        event = {
            "entity": "event",
            "account_id": "acc_Sandbox0000001",
            "event": name,
            "contains": list(entities),
            "payload": {what: {"entity": thing} for what, thing in entities.items()},
            "created_at": self.now(),
        }
        body, event_id = json.dumps(event), new_id("evt")
        self.book.add("event", {"id": event_id, "body": body}, key=name)
        self.teller.tell(event_id, body.encode())
