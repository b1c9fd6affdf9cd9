"""Razorpay: an order is a payment to be made, and the payments of an order are the attempts at it.

Orders and links know no idempotency key, so ours is their `receipt` or `reference_id`, and they are looked for by it
before they are made: one attempt after the other, which is the caller's to see to. Refunds take a key. An order
cannot be closed: one that we cancelled bears a note, and whoever pays it all the same is found PAID, to be given the
money back.
"""

from collections.abc import Mapping
from typing import Any

import razorpay

from portal.payments.gateways import (
    Found,
    Link,
    Provider,
    Refunded,
    Refused,
    SignatureInvalid,
    Started,
    State,
    Wanted,
    WantedRefund,
    Webhook,
)
from portal.payments.gateways import razorpay_reading as reading
from portal.payments.gateways import razorpay_requests as asking
from portal.payments.gateways.needs import require
from portal.payments.gateways.razorpay_http import RazorpaySession
from portal.payments.gateways.razorpay_webhooks import read
from portal.settings import Settings

NEEDS = ("razorpay_base_url", "razorpay_key_id", "razorpay_key_secret")
LINK = "plink_"
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
            order["id"], for_browser={"key": self._settings.razorpay_key_id, **asking.shown(order, wanted)}
        )

    def open_page(self, wanted: Wanted) -> Started:
        """Make an order to be paid at `url`, to which a form POSTs the fields of `for_browser`.

        The browser comes back to `back_url` with a POST of its own, which brings none of our cookies.
        """
        order = self._order(wanted)
        fields = {
            "key_id": self._settings.razorpay_key_id,
            **asking.shown(order, wanted),
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
        order: Entity = known[0] if known else orders.create(asking.order(wanted))
        asking.compare(order, wanted)
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
        return reading.found_by_link(link, payments)

    def check_answer(self, provider_id: str, answer: Mapping[str, str]) -> None:
        """Check Razorpay's signature of what came back from its page; it must be about this very payment."""
        is_link = provider_id.startswith(LINK)
        named = "razorpay_payment_link_id" if is_link else "razorpay_order_id"
        if answer.get(named) != provider_id:
            raise SignatureInvalid("The answer is about another payment.")
        utility = self._client.utility
        verify = utility.verify_payment_link_signature if is_link else utility.verify_payment_signature
        try:
            is_signed = verify(reading.link_answer(answer) if is_link else answer)
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
        return reading.refunded(self._client.payment.refund(payment_id, body, headers=headers))

    def look_refund(self, refund_id: str) -> Refunded:
        return reading.refunded(self._client.refund.fetch(refund_id))

    def create_link(self, wanted: Wanted) -> Link:
        """Make a link, or find the one of that key; we send it ourselves. Its `expires_at` says when it really ends.

        Razorpay ends none in less than 15 minutes, or after six months: cancel it to end it sooner.
        """
        links = self._client.payment_link
        known = links.all({"reference_id": str(wanted.key)})["payment_links"]
        link: Entity = known[0] if known else links.create(asking.link(wanted))
        asking.compare(link, wanted)
        return reading.link(link)

    def look_link(self, link_id: str) -> Link:
        return reading.link(self._client.payment_link.fetch(link_id))

    def cancel_link(self, link_id: str) -> Link:
        """Let nobody pay it any more; a link that was paid or is over stays what it is."""
        try:
            return reading.link(self._client.payment_link.cancel(link_id))
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
