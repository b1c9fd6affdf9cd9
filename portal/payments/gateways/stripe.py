"""Stripe, by its official client: PaymentIntents for scripts, Checkout Sessions for pages and links."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import stripe

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
from portal.payments.gateways import stripe_reading as reading
from portal.payments.gateways import stripe_requests as asking
from portal.payments.gateways import stripe_subscriptions as subscriptions
from portal.payments.gateways.needs import require
from portal.payments.gateways.stripe_amounts import to_stripe
from portal.payments.gateways.stripe_errors import errors_translated
from portal.payments.gateways.subscriptions import Subscribed
from portal.settings import Settings

logging.getLogger("stripe").setLevel(
    logging.WARNING
)  # below, it logs Stripe's texts, which may quote what was sent
NEEDS = ("stripe_secret_key",)
FOR_WEBHOOKS = ("stripe_webhook_secrets",)
ENDED = {State.PAID, State.PROCESSING, State.CANCELLED}
SESSION = "cs_"
CONNECTIONS = 20


class NoRedirects(requests.Session):
    """Never followed elsewhere, for what is known of a payer would follow. Threads share it."""

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))

    def resolve_redirects(self, *_: Any, **__: Any) -> Iterator[Any]:
        """None."""
        return iter(())


class Stripe:
    """Fulfils Gateway and Subscriptions.

    Payments are known by a PaymentIntent (pi_) or, made on a page, by its session (cs_). What was paid has the
    PaymentIntent's id as its transaction: refunds and their webhooks name it.
    """

    NEEDS = NEEDS
    provider = Provider.STRIPE

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = NoRedirects()
        self._made: stripe.StripeClient | None = None

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def start(self, wanted: Wanted) -> Started:
        """A PaymentIntent. Its client secret lets a browser pay it, and nothing else."""
        with self._client() as client:
            intent = client.v1.payment_intents.create(_any(asking.intent(wanted)), _once(wanted.key))
        keys = {
            "client_secret": intent.client_secret or "",
            "publishable_key": self._settings.stripe_publishable_key,
        }
        return Started(intent.id, keys)

    def open_page(self, wanted: Wanted) -> Started:
        """A page of Stripe's, open for 30 minutes at the least and 24 hours at the most; see `create_link`."""
        session = self._open(wanted, reading.PAGE)
        return Started(session["id"], url=session["url"] or "")

    def look(self, provider_id: str) -> Found:
        """Ask for the payment with its latest charge, which knows what went back."""
        with self._client() as client:
            if provider_id.startswith(SESSION):
                return reading.found_on_page(_page(client, provider_id))
            intent = client.v1.payment_intents.retrieve(provider_id, {"expand": ["latest_charge"]})
            return reading.found(intent.to_dict())

    def check_answer(self, provider_id: str, answer: Mapping[str, str]) -> None:
        """Stripe signs nothing that a browser brings back; it may only not be about another payment."""
        for name in ("payment_intent", "session_id"):
            if answer.get(name, provider_id) != provider_id:
                raise SignatureInvalid("The answer is about another payment.")

    def cancel(self, provider_id: str) -> Found:
        """A page is closed, a PaymentIntent cancelled; what was ended already answers as it is."""
        try:
            with self._client() as client:
                if provider_id.startswith(SESSION):
                    client.v1.checkout.sessions.expire(provider_id)
                else:
                    client.v1.payment_intents.cancel(provider_id)
        except Refused:
            seen = self.look(provider_id)
            if seen.state not in ENDED:
                raise
            return seen
        return self.look(provider_id)

    def refund(self, wanted: WantedRefund) -> Refunded:
        """The reason stays with us: it may say something of a patient."""
        intent_id = wanted.transaction_id or wanted.provider_id
        if intent_id.startswith(SESSION):
            intent_id = self.look(intent_id).transaction_id
        if not intent_id:
            raise Refused("Nothing was paid on this page.")
        with self._client() as client:
            refund = client.v1.refunds.create(
                {"payment_intent": intent_id, "amount": to_stripe(wanted.money)}, _once(wanted.key)
            )
            return reading.refunded(refund.to_dict())

    def look_refund(self, refund_id: str) -> Refunded:
        with self._client() as client:
            return reading.refunded(client.v1.refunds.retrieve(refund_id).to_dict())

    def create_link(self, wanted: Wanted) -> Link:
        """A page for whoever has its address. Its `expires_at` says when it really ends: cancel it to end it sooner."""
        return reading.link(self._open(wanted, reading.LINK))

    def look_link(self, link_id: str) -> Link:
        with self._client() as client:
            return reading.link(_page(client, link_id))

    def cancel_link(self, link_id: str) -> Link:
        """Close it; one that was paid stays paid."""
        self.cancel(link_id)
        return self.look_link(link_id)

    def look_subscription(self, provider_id: str) -> Subscribed:
        with self._client() as client:
            return subscriptions.look(client, provider_id)

    def end_subscription(self, provider_id: str) -> Subscribed:
        """Stripe refuses for one that has ended: it is looked at instead."""
        try:
            with self._client() as client:
                return subscriptions.end(client, provider_id)
        except Refused:
            return self.look_subscription(provider_id)

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Webhook:
        """Any of the secrets may have signed it, so that they can be changed without losing a webhook."""
        require(self._settings, FOR_WEBHOOKS)
        shown = {name.lower(): value for name, value in headers.items()}.get("stripe-signature", "")
        for secret in self._settings.stripe_webhook_secrets.split(","):
            try:
                event = stripe.Webhook.construct_event(body, shown, secret.strip())
                return reading.webhook(event.to_dict())
            except (stripe.SignatureVerificationError, ValueError, KeyError, AttributeError):
                continue
        raise SignatureInvalid("Not signed by Stripe, or too long ago.")

    def _open(self, wanted: Wanted, kind: str) -> dict[str, Any]:
        """The same page for the same key, also where Stripe did not take the end that was wished for."""
        home, end = self._settings.public_url, wanted.expires_at
        with self._client() as client:
            create = client.v1.checkout.sessions.create
            said = asking.page(wanted, kind=kind, home=home, ends=end)
            try:
                session = create(_any(said), _once(wanted.key))
            except stripe.InvalidRequestError as error:
                if end is None or error.param != "expires_at":
                    raise
                said = asking.page(wanted, kind=kind, home=home, ends=asking.another_end(end))
                session = create(_any(said), _once(f"{wanted.key}-other-end"))
            return session.to_dict()

    @contextmanager
    def _client(self) -> Iterator[stripe.StripeClient]:
        """The client, which never tries again by itself, and its errors in the contract's words."""
        require(self._settings, NEEDS)
        if self._made is None:
            self._made = stripe.StripeClient(
                self._settings.stripe_secret_key,
                base_addresses={"api": self._settings.stripe_base_url},
                max_network_retries=0,
                http_client=stripe.RequestsClient(
                    timeout=self._settings.provider_timeout_seconds, session=self._session
                ),
            )
        with errors_translated():
            yield self._made


def _page(client: stripe.StripeClient, session_id: str) -> dict[str, Any]:
    expand = ["payment_intent.latest_charge", "invoice.payments"]
    return client.v1.checkout.sessions.retrieve(session_id, {"expand": expand}).to_dict()


def _once(key: object) -> Any:
    return {"idempotency_key": str(key)}


def _any(parameters: dict[str, Any]) -> Any:
    """The client's own types are for parameters written out in place."""
    return parameters
