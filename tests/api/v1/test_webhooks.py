"""What providers tell us is kept once, if it is theirs; what it changes, the jobs find out by asking."""

import json
import time
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.core import clock
from portal.payments.models import WebhookEvent
from portal.sandbox.razorpay_desk import signer
from portal.sandbox.stripe.stand_in import signature
from tests.api.client import PREFIX, data_of, refusal_of
from tests.conftest import PracticeSets

STRIPES, RAZORPAYS = "whsec_ours", "razorpay-ours"
Keys = Mapping[str, str]


@pytest.fixture(autouse=True)
def keys(practice_sets: PracticeSets) -> None:
    practice_sets(
        stripe_secret_key="sk_test_ours",
        stripe_webhook_secrets=f"whsec_older, {STRIPES}",
        razorpay_key_id="rzp_test_ours",
        razorpay_key_secret="secret",
        razorpay_webhook_secrets=RAZORPAYS,
    )


class Stripe:
    """What Stripe would send."""

    name = "stripe"

    def event(self, kind: str = "checkout.session.completed", *, live: bool = False) -> bytes:
        about = {"id": f"cs_{uuid.uuid4().hex}", "object": "checkout.session", "metadata": {}}
        said = {"id": f"evt_{uuid.uuid4().hex}", "object": "event", "type": kind, "created": int(time.time())}
        return json.dumps({**said, "livemode": live, "data": {"object": about}}).encode()

    def sign(self, body: bytes, secret: str = STRIPES, at: float | None = None) -> Keys:
        return {"Stripe-Signature": signature(body, secret, at=int(at or time.time()))}


class Razorpay:
    """What Razorpay would send."""

    name = "razorpay"

    def event(self, kind: str = "payment.captured", *, age: timedelta = timedelta()) -> bytes:
        thing = {"id": f"pay_{uuid.uuid4().hex[:14]}", "order_id": f"order_{uuid.uuid4().hex[:14]}"}
        at = int((clock.now() - age).timestamp())
        said = {"entity": "event", "event": kind, "contains": ["payment"], "created_at": at}
        return json.dumps({**said, "payload": {"payment": {"entity": thing}}}).encode()

    def sign(self, body: bytes, secret: str = RAZORPAYS) -> Keys:
        return signer(secret)(body, f"evt_{uuid.uuid5(uuid.NAMESPACE_OID, body.decode()).hex[:14]}")


@pytest.fixture(params=[Stripe(), Razorpay()], ids=["stripe", "razorpay"])
def provider(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def tell(app: Flask, session: Session, provider: Any) -> Any:
    def send(body: bytes, headers: Keys) -> TestResponse:
        client = app.test_client(use_cookies=False)
        path = f"{PREFIX}/webhooks/{provider.name}"
        return client.post(path, data=body, headers=dict(headers), content_type="application/json")

    return send


def kept(session: Session) -> list[WebhookEvent]:
    session.expire_all()
    return list(session.scalars(select(WebhookEvent).order_by(WebhookEvent.id)))


def test_what_a_provider_signed_is_kept_and_answered(session: Session, provider: Any, tell: Any) -> None:
    body = provider.event()
    assert data_of(tell(body, provider.sign(body))) == {"received": True}
    [event] = kept(session)
    assert (event.provider, event.about, event.handled_at) == (provider.name.upper(), "PAYMENT", None)


def test_what_is_told_again_is_answered_and_kept_once(session: Session, provider: Any, tell: Any) -> None:
    body = provider.event()
    for _ in range(3):
        assert data_of(tell(body, provider.sign(body))) == {"received": True}
    assert len(kept(session)) == 1


def test_a_kind_that_nobody_knows_is_answered_and_kept(session: Session, provider: Any, tell: Any) -> None:
    body = provider.event("weather.changed")
    assert tell(body, provider.sign(body)).status_code == 200
    [event] = kept(session)
    assert (event.name, event.about) == ("weather.changed", "OTHER")
    assert event.handled_at is not None


def test_what_somebody_else_signed_is_refused(session: Session, provider: Any, tell: Any) -> None:
    body = provider.event()
    for forged in (provider.sign(body, "somebody-elses"), {}, {"Stripe-Signature": "t=1,v1=00"}):
        assert refusal_of(tell(body, forged)) == (400, "INVALID_SIGNATURE")
    assert kept(session) == []


def test_a_body_that_was_changed_on_the_way_is_refused(session: Session, provider: Any, tell: Any) -> None:
    body = provider.event()
    assert refusal_of(tell(body.replace(b"event", b"EVENT", 1), provider.sign(body)))[0] == 400
    assert refusal_of(tell(b" " + body, provider.sign(body)))[0] == 400
    assert refusal_of(tell(b"", provider.sign(b"")))[0] == 400
    assert kept(session) == []


def test_what_is_no_json_is_refused_though_it_is_signed(provider: Any, tell: Any) -> None:
    for body in (b"[]", b"nonsense", b"\xff\xfe"):
        signed = provider.sign(body) if isinstance(provider, Stripe) else signer(RAZORPAYS)(body, "evt_1")
        assert refusal_of(tell(body, signed)) == (400, "INVALID_SIGNATURE")


def test_what_is_too_large_is_not_read(session: Session, provider: Any, tell: Any) -> None:
    body = provider.event() + b" " * 300_000
    assert tell(body, {"Stripe-Signature": "t=1,v1=00"}).status_code == 413


def test_without_a_secret_nobody_is_believed(provider: Any, tell: Any, practice_sets: PracticeSets) -> None:
    practice_sets(stripe_webhook_secrets="", razorpay_webhook_secrets="")
    body = provider.event()
    assert refusal_of(tell(body, provider.sign(body))) == (503, "PROVIDER_NOT_CONFIGURED")


def test_what_was_sent_long_ago_is_refused(session: Session, provider: Any, tell: Any) -> None:
    if isinstance(provider, Stripe):
        body = provider.event()
        signed = provider.sign(body, at=time.time() - 3600)
    else:
        body = provider.event(age=timedelta(days=3))
        signed = provider.sign(body)
    assert refusal_of(tell(body, signed)) == (400, "INVALID_SIGNATURE")
    assert kept(session) == []


@pytest.mark.parametrize("provider", [Stripe()], ids=["stripe"])
def test_what_is_of_the_other_mode_is_kept_and_changes_nothing(
    session: Session, provider: Any, tell: Any
) -> None:
    body = provider.event(live=True)
    assert tell(body, provider.sign(body)).status_code == 200
    [event] = kept(session)
    assert event.handled_at is not None
    assert event.error == "Of the other mode."


def test_a_storm_of_them_is_not_turned_away(provider: Any, tell: Any) -> None:
    body = provider.event()
    answers = [tell(body, provider.sign(body)) for _ in range(150)]
    assert {answer.status_code for answer in answers} == {200}
    assert int(answers[-1].headers["X-RateLimit-Limit"]) >= 6000
