"""Razorpay: an order is a payment to be made, and the payments of an order are the attempts at it.

Orders and links know no idempotency key, so ours is their `receipt` or `reference_id`, and they are looked for by it
before they are made: one attempt after the other, which is the caller's to see to. Refunds take a key. An order
cannot be closed: one that we cancelled bears a note, and whoever pays it all the same is found PAID, to be given the
money back.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import razorpay

from portal.core import clock
from portal.core.money import Money
from portal.payments.gateways import (
    Found,
    Link,
    Provider,
    Refunded,
    RefundState,
    Refused,
    SignatureInvalid,
    Started,
    State,
    Wanted,
    WantedRefund,
    Webhook,
)
from portal.payments.gateways import razorpay_reading as reading
from portal.payments.gateways.needs import require
from portal.payments.gateways.razorpay_http import RazorpaySession
from portal.payments.gateways.razorpay_webhooks import read
from portal.settings import Settings

NEEDS = ("razorpay_base_url", "razorpay_key_id", "razorpay_key_secret")
LINK = "plink_"
REFUND_STATES = {"processed": RefundState.DONE, "failed": RefundState.FAILED}
LINK_STATES = {"paid": State.PAID, "cancelled": State.CANCELLED, "expired": State.CANCELLED}
SHORTEST_LINK, LONGEST_LINK = timedelta(minutes=16), timedelta(days=180)  # and some time to get there
LONGEST_NOTE, LONGEST_DESCRIPTION = 250, 2000
Entity = dict[str, Any]


class Razorpay:
    """Fulfils Gateway. A payment's id is that of its order, or of its link."""

    NEEDS = NEEDS
    provider = Provider.RAZORPAY

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = RazorpaySession(settings.provider_timeout_seconds)
        keys = (settings.razorpay_key_id, settings.razorpay_key_secret)
        self._razorpay = razorpay.Client(
            session=self._session, auth=keys, base_url=settings.razorpay_base_url
        )

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def start(self, wanted: Wanted) -> Started:
        """Make an order; `for_browser` are options of Razorpay's checkout script."""
        order = self._order(wanted)
        return Started(
            order["id"], for_browser={"key": self._settings.razorpay_key_id, **_shown(order, wanted)}
        )

    def open_page(self, wanted: Wanted) -> Started:
        """Make an order to be paid at `url`, to which a form POSTs the fields of `for_browser`.

        The browser comes back to `back_url` with a POST of its own, which brings none of our cookies.
        """
        order = self._order(wanted)
        fields = {
            "key_id": self._settings.razorpay_key_id,
            **_shown(order, wanted),
            "name": self._settings.portal_name,
            "callback_url": wanted.back_url,
            "cancel_url": wanted.cancel_url,
            "prefill[email]": wanted.email,
            "prefill[contact]": wanted.phone,
        }
        page = f"{self._settings.razorpay_base_url}/v1/checkout/embedded"
        return Started(order["id"], {name: value for name, value in fields.items() if value}, url=page)

    def _order(self, wanted: Wanted) -> Entity:
        """The order of that key: the one that an earlier attempt made, or a new one."""
        orders = self._client.order
        known = orders.all({"receipt": str(wanted.key)})["items"]
        order: Entity = known[0] if known else orders.create(_body(wanted) | {"receipt": str(wanted.key)})
        _compare(order, wanted)
        return order

    def look(self, provider_id: str) -> Found:
        """Ask for an order and all attempts at it, or for a link."""
        if provider_id.startswith(LINK):
            return self._look_at_link(provider_id)
        order: Entity = self._client.order.fetch(provider_id)
        return reading.found(order, self._client.order.payments(provider_id)["items"])

    def _look_at_link(self, link_id: str) -> Found:
        link = self._client.payment_link.fetch(link_id)
        order_id = link.get("order_id")  # not before somebody opens it
        payments = self._client.order.payments(order_id)["items"] if order_id else []
        return reading.found_by_link(link, payments, LINK_STATES.get(link["status"], State.OPEN))

    def check_answer(self, provider_id: str, answer: Mapping[str, str]) -> None:
        """Check Razorpay's signature of what came back from its page; it must be about this very payment."""
        is_link = provider_id.startswith(LINK)
        named = "razorpay_payment_link_id" if is_link else "razorpay_order_id"
        if answer.get(named) != provider_id:
            raise SignatureInvalid("The answer is about another payment.")
        utility = self._client.utility
        verify = utility.verify_payment_link_signature if is_link else utility.verify_payment_signature
        try:
            is_signed = verify(_link_answer(answer) if is_link else answer)
        except (razorpay.errors.SignatureVerificationError, KeyError, TypeError):
            is_signed = False
        if not is_signed:
            raise SignatureInvalid("The signature is not Razorpay's.")

    def cancel(self, provider_id: str) -> Found:
        """Close a link; note on an order that it is over (see above)."""
        if provider_id.startswith(LINK):
            self.cancel_link(provider_id)
            return self.look(provider_id)
        order: Entity = self._client.order.fetch(provider_id)
        if order["status"] != "paid":
            notes = reading.notes(order) | {reading.CANCELLED: "yes"}
            self._client.order.edit(provider_id, {"notes": notes})
        return self.look(provider_id)

    def refund(self, wanted: WantedRefund) -> Refunded:
        """Give money back; without a transaction's id it is looked for. The reason stays with us."""
        payment_id = wanted.transaction_id or self.look(wanted.provider_id).transaction_id
        if not payment_id:
            raise Refused("Nothing was paid that could be given back.")
        body = {"amount": wanted.money.minor, "receipt": str(wanted.key)}
        headers = {"X-Refund-Idempotency": str(wanted.key)}
        return _refunded(self._client.payment.refund(payment_id, body, headers=headers))

    def look_refund(self, refund_id: str) -> Refunded:
        return _refunded(self._client.refund.fetch(refund_id))

    def create_link(self, wanted: Wanted) -> Link:
        """Make a link, or find the one of that key; we send it ourselves. Its `expires_at` says when it really ends.

        Razorpay ends none in less than 15 minutes, or after six months: cancel it to end it sooner.
        """
        links = self._client.payment_link
        known = links.all({"reference_id": str(wanted.key)})["payment_links"]
        link: Entity = known[0] if known else links.create(_link_body(wanted))
        _compare(link, wanted)
        return _link(link)

    def look_link(self, link_id: str) -> Link:
        return _link(self._client.payment_link.fetch(link_id))

    def cancel_link(self, link_id: str) -> Link:
        """Let nobody pay it any more; a link that was paid or is over stays what it is."""
        try:
            return _link(self._client.payment_link.cancel(link_id))
        except Refused:
            link = self.look_link(link_id)
            if link.state is State.OPEN:
                raise
            return link

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Webhook:
        """Raises SignatureInvalid for anything that Razorpay did not send, or sent too long ago."""
        require(self._settings, ("razorpay_webhook_secrets",))
        secrets = [one.strip() for one in self._settings.razorpay_webhook_secrets.split(",") if one.strip()]
        is_live = self._settings.razorpay_key_id.startswith("rzp_live_")
        return read(body, headers, secrets=secrets, is_live=is_live, verify=self._signed)

    def _signed(self, body: str, signature: str, secret: str) -> bool:
        try:
            self._razorpay.utility.verify_webhook_signature(body, signature, secret)
        except (razorpay.errors.SignatureVerificationError, TypeError):
            return False
        return True

    @property
    def _client(self) -> Any:
        require(self._settings, NEEDS)
        return self._razorpay


def _body(wanted: Wanted) -> Entity:
    notes = {"reference": wanted.reference[:LONGEST_NOTE]}
    return {"amount": wanted.money.minor, "currency": wanted.money.currency, "notes": notes}


def _shown(order: Entity, wanted: Wanted) -> dict[str, str]:
    return {
        "order_id": order["id"],
        "amount": str(order["amount"]),
        "currency": order["currency"],
        "description": wanted.description[:LONGEST_NOTE],
    }


def _compare(made: Entity, wanted: Wanted) -> None:
    """A key stands for one payment; it cannot come back with another amount."""
    if (made["amount"], made["currency"]) != (wanted.money.minor, wanted.money.currency):
        raise Refused("The same key was used for another amount.")


def _link_body(wanted: Wanted) -> Entity:
    body = _body(wanted) | {
        "reference_id": str(wanted.key),
        "description": wanted.description[:LONGEST_DESCRIPTION],
        "notify": {"sms": False, "email": False},
        "reminder_enable": False,
    }
    customer = {"email": wanted.email, "contact": wanted.phone}
    if reached := {name: value for name, value in customer.items() if value}:
        body["customer"] = reached
    if wanted.back_url:
        body |= {"callback_url": wanted.back_url, "callback_method": "get"}
    if wanted.expires_at:
        body["expire_by"] = int(_possible_end(wanted.expires_at).timestamp())
    return body


def _possible_end(wanted: datetime) -> datetime:
    return min(max(wanted, clock.now() + SHORTEST_LINK), clock.now() + LONGEST_LINK)


def _link(link: Entity) -> Link:
    expires = link.get("expire_by")
    return Link(
        link["id"],
        url=link["short_url"],
        state=LINK_STATES.get(link["status"], State.OPEN),
        expires_at=datetime.fromtimestamp(expires, UTC) if expires else None,
        paid=Money(link["amount_paid"], link["currency"]) if link["amount_paid"] else None,
    )


def _link_answer(answer: Mapping[str, str]) -> dict[str, str]:
    """Under the names that the client's check wants, and no others: it would take a `secret` from whoever sends one."""
    about = ("id", "reference_id", "status")
    named = {f"payment_link_{name}": answer[f"razorpay_payment_link_{name}"] for name in about}
    return named | {name: answer[name] for name in ("razorpay_payment_id", "razorpay_signature")}


def _refunded(refund: Entity) -> Refunded:
    state = REFUND_STATES.get(refund["status"], RefundState.PENDING)
    return Refunded(refund["id"], state, Money(refund["amount"], refund["currency"]))
