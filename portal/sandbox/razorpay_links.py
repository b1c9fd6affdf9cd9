"""Razorpay's payment links, each with an order of its own behind it."""

from typing import Any

from portal.sandbox import razorpay_rules as rules
from portal.sandbox.razorpay_book import Thing
from portal.sandbox.razorpay_desk import NOT_THERE, Desk, new_id
from portal.sandbox.razorpay_rules import Wrong
from portal.sandbox.razorpay_things import a_link


class Links:
    """Threads share it."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._book = desk, desk.book

    def make(self, body: Any, *, base_url: str) -> Thing:
        """A link whose short_url is a page below `base_url`; raises Wrong."""
        rules.check_link(body, now=self._desk.now())
        with self._book.writing():
            reference = body.get("reference_id", "")
            if reference and self._book.all("link", key=reference):
                raise Wrong(
                    f"payment link with given reference_id ({reference}) already exists", "reference_id"
                )
            link_id, now = new_id("plink"), self._desk.now()
            order = self._desk.make_order({"amount": body["amount"], "currency": body["currency"]})
            short_url = f"{base_url}/l/{link_id}"
            link = a_link(link_id, body, order_id=order["id"], short_url=short_url, now=now)
            self._book.add("link", link, key=reference)
        return link

    def get(self, link_id: str) -> Thing:
        """The link as of now; raises Wrong."""
        link = self._book.find("link", link_id)
        if link is None:
            raise Wrong(NOT_THERE)
        if link["status"] == "created" and 0 < link["expire_by"] <= self._desk.now():
            return self._book.change(link, status="expired", expired_at=link["expire_by"])
        return link

    def all(self, *, reference_id: str) -> list[Thing]:
        return [self.get(link["id"]) for link in self._book.all("link", key=reference_id)]

    def cancel(self, link_id: str) -> Thing:
        """Only a link that may still be paid; raises Wrong."""
        with self._book.writing():
            link = self.get(link_id)
            if link["status"] != "created":
                raise Wrong(f"Payment link cannot be cancelled: it is {link['status']}")
            return self._book.change(link, status="cancelled", cancelled_at=self._desk.now())

    def pay(self, link_id: str, method: dict[str, Any], *, is_approved: bool) -> Thing:
        """Somebody tries to pay; returns the payment. Raises Wrong for a link that is over."""
        with self._book.writing():
            link = self.get(link_id)
            if link["status"] != "created":
                raise Wrong(f"This payment link is {link['status']}.")
            payment = self._desk.attempt(link["order_id"], method, is_approved=is_approved)
            if not payment["captured"]:
                return payment
            brief = {name: payment[name] for name in ("amount", "created_at", "method", "status")}
            paid = [brief | {"payment_id": payment["id"]}]
            link = self._book.change(link, status="paid", amount_paid=link["amount"], payments=paid)
        order = self._desk.get("order", link["order_id"])
        self._desk.tell("payment_link.paid", payment_link=link, order=order, payment=payment)
        return payment
