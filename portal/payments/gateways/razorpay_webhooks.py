"""Razorpay's webhooks: proven to be its own, and what they are about."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.core import clock
from portal.payments.gateways import SignatureInvalid, Told, Webhook

OLDEST = timedelta(days=2)  # it tries for one day
YOUNGEST = timedelta(minutes=5)  # clocks differ
Verify = Callable[[str, str, str], bool]
Entity = dict[str, Any]


def read(
    body: bytes, headers: Mapping[str, str], *, secrets: list[str], is_live: bool, verify: Verify
) -> Webhook:
    """The webhook, if one of the secrets signed it; the client's `verify` gets body, signature and secret."""
    named = {name.lower(): value for name, value in headers.items()}
    signature = named.get("x-razorpay-signature", "")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise SignatureInvalid("The body is not Razorpay's.") from None
    # Every secret is tried, so that the time taken does not tell which of them it was.
    if not signature or not any([verify(text, signature, secret) for secret in secrets]):  # noqa: C419
        raise SignatureInvalid("The signature is not Razorpay's.")
    # An id that is not there is made from what was signed: the same message gets the same one.
    event_id = named.get("x-razorpay-event-id") or f"sha256-{hashlib.sha256(body).hexdigest()}"
    return _webhook(event_id, _event(text), is_live=is_live)


def _event(text: str) -> Entity:
    try:
        event = json.loads(text)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise SignatureInvalid("The body is not an event.")
    return event


def _webhook(event_id: str, event: Entity, *, is_live: bool) -> Webhook:
    name = str(event.get("event") or "")
    created_at = _moment(event.get("created_at"))
    about, provider_id = _subject(name, event)
    return Webhook(event_id, name, about, provider_id, is_live, created_at)


def _moment(seconds: object) -> datetime | None:
    if type(seconds) is not int:
        return None
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise SignatureInvalid("The event is of no time.") from None
    if not clock.now() - OLDEST <= moment <= clock.now() + YOUNGEST:
        raise SignatureInvalid("The event is of another time.")
    return moment


def _subject(name: str, event: Entity) -> tuple[Told, str]:
    """What it is about: an order or a link by the id that we know it by, a refund by its transaction's."""
    if name.startswith("payment_link."):
        return _known(Told.LINK, _entity(event, "payment_link").get("id"))
    if name.startswith("refund."):
        return _known(Told.REFUND, _entity(event, "refund").get("payment_id"))
    if name.startswith("payment."):
        return _known(Told.PAYMENT, _entity(event, "payment").get("order_id"))
    if name == "order.paid":
        return _known(Told.PAYMENT, _entity(event, "order").get("id"))
    return Told.OTHER, ""


def _known(about: Told, provider_id: object) -> tuple[Told, str]:
    return (about, provider_id) if isinstance(provider_id, str) and provider_id else (Told.OTHER, "")


def _entity(event: Entity, what: str) -> Entity:
    """An entity of the payload, {} where there is none."""
    found: object = event.get("payload")
    for step in (what, "entity"):
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
