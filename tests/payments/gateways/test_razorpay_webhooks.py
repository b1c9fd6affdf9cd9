"""Razorpay tells, and others pretend to be Razorpay."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from portal.core import clock
from portal.payments.gateways import NotConfigured, SignatureInvalid, Told, Webhook
from portal.payments.gateways.razorpay import Razorpay
from portal.settings import Settings
from tests.payments.gateways.razorpay_payer import BAD
from tests.payments.gateways.razorpay_practice import Practice, wanted

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SECRET = "new-secret"
SETTINGS = Settings(razorpay_webhook_secrets=f"{SECRET}, old-secret", razorpay_key_id="rzp_live_1")
PAYMENT = {"payment": {"entity": {"id": "pay_1", "order_id": "order_1"}}}
REFUND = {"refund": {"entity": {"id": "rfnd_1", "payment_id": "pay_1"}}}
LINK = {"payment_link": {"entity": {"id": "plink_1"}}}


def event(name: str = "payment.captured", payload: object = None, **changes: Any) -> bytes:
    usual = {"event": name, "payload": payload or PAYMENT, "created_at": int(clock.now().timestamp())}
    return json.dumps(usual | changes).encode()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Razorpay-Signature": signature, "X-Razorpay-Event-Id": "evt_1"}


def read(body: bytes, headers: dict[str, str]) -> Webhook:
    return Razorpay(SETTINGS).read_webhook(body, headers)


@pytest.mark.parametrize(
    ("name", "payload", "about", "provider_id"),
    [
        ("payment.captured", PAYMENT, Told.PAYMENT, "order_1"),
        ("payment.failed", PAYMENT, Told.PAYMENT, "order_1"),
        ("order.paid", {"order": {"entity": {"id": "order_1"}}}, Told.PAYMENT, "order_1"),
        ("payment_link.paid", LINK | PAYMENT, Told.LINK, "plink_1"),
        ("refund.processed", PAYMENT | REFUND, Told.REFUND, "pay_1"),
        ("refund.failed", REFUND, Told.REFUND, "pay_1"),
        ("refund.failed", PAYMENT, Told.OTHER, ""),
        ("payment.captured", {"payment": {"entity": {"id": "pay_1", "order_id": None}}}, Told.OTHER, ""),
        ("payment_link.paid", {"payment_link": ["what"]}, Told.OTHER, ""),
        ("invoice.paid", PAYMENT, Told.OTHER, ""),
        ("", ["nothing"], Told.OTHER, ""),
    ],
)
def test_a_webhook_says_which_payment_it_is_about(
    name: str, payload: object, about: Told, provider_id: str
) -> None:
    body = event(name, payload)

    webhook = read(body, signed(body))

    assert (webhook.event_id, webhook.name) == ("evt_1", name)
    assert (webhook.about, webhook.provider_id) == (about, provider_id)


@pytest.mark.parametrize("secret", ["new-secret", "old-secret"])
def test_secrets_may_be_changed_while_messages_are_under_way(secret: str) -> None:
    body = event()

    assert read(body, signed(body, secret)).provider_id == "order_1"


def test_forgers_get_nowhere() -> None:
    body = event()
    good = signed(body)

    for forged, headers in (
        (body.replace(b"order_1", b"order_2"), good),
        (body + b" ", good),
        (body, signed(body, "another-secret")),
        (body, signed(body, "")),
        (body, {"X-Razorpay-Event-Id": "evt_1"}),
        (body, good | {"X-Razorpay-Signature": "é"}),
        (body, good | {"X-Razorpay-Signature": ""}),
        (b"\xff\xfe", good),
    ):
        with pytest.raises(SignatureInvalid):
            read(forged, headers)


def test_what_razorpay_signed_but_is_no_event_is_refused() -> None:
    for body in (b"", b"no json", b"[]", b"7", event(created_at=10**15)):
        with pytest.raises(SignatureInvalid):
            read(body, signed(body))


@pytest.mark.parametrize(("age", "fresh"), [(-10, False), (0, True), (24 * 60, True), (3 * 24 * 60, False)])
def test_a_message_from_another_time_is_not_taken(age: int, fresh: bool) -> None:
    """It tries again for a day; whatever comes later was kept by somebody."""
    moment = (clock.now() - timedelta(minutes=age)).replace(microsecond=0)
    body = event(created_at=int(moment.timestamp()))

    if fresh:
        assert read(body, signed(body)).created_at == moment
    else:
        with pytest.raises(SignatureInvalid, match="another time"):
            read(body, signed(body))


def test_a_message_without_an_id_has_the_same_one_each_time() -> None:
    one, other = event(), event("payment.failed")

    def named(body: bytes) -> str:
        return read(body, {"x-razorpay-signature": signed(body)["X-Razorpay-Signature"]}).event_id

    assert named(one) == named(one) != named(other)


def test_live_and_test_money_are_told_apart() -> None:
    body = event()
    of_test = Razorpay(replace(SETTINGS, razorpay_key_id="rzp_test_1"))

    assert read(body, signed(body)).is_live
    assert not of_test.read_webhook(body, signed(body)).is_live


def test_without_a_secret_nothing_can_be_proven() -> None:
    body = event()

    with pytest.raises(NotConfigured, match="RAZORPAY_WEBHOOK_SECRETS"):
        Razorpay(replace(SETTINGS, razorpay_webhook_secrets="")).read_webhook(body, signed(body, ""))
    with pytest.raises(SignatureInvalid):
        Razorpay(replace(SETTINGS, razorpay_webhook_secrets=" , ")).read_webhook(body, signed(body, ""))


class Door:
    """Where webhooks arrive."""

    def __init__(self) -> None:
        self.came: list[tuple[bytes, dict[str, str]]] = []
        self.statuses: list[int] = []
        self._server = make_server("127.0.0.1", 0, self._take)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def _take(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        self.came.append((request.get_data(), dict(request.headers)))
        return Response(status=self.statuses.pop(0) if self.statuses else 200)(environ, start_response)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    yield door
    door.close()


@pytest.fixture
def telling(practice: Practice, door: Door) -> Practice:
    """A practice whose provider tells it what happens."""
    practice.misbehave(webhook_url=door.url)
    return practice


def heard(telling: Practice, door: Door) -> list[Webhook]:
    """What arrived, each proven to be Razorpay's."""
    assert telling.desk.teller.settle()
    return [telling.gateway.read_webhook(body, headers) for body, headers in door.came]


def test_the_stand_in_tells_of_payments_refunds_and_links(telling: Practice, door: Door) -> None:
    started = telling.gateway.open_page(wanted())
    telling.payer.pay(started, vpa=BAD)
    telling.payer.pay(started)
    telling.refund(started, 100)
    link = telling.gateway.create_link(wanted())
    telling.payer.pay_link(link.url)

    came = heard(telling, door)

    assert [(one.name, one.provider_id) for one in came if one.about is not Told.PAYMENT] == [
        ("refund.processed", telling.gateway.look(started.provider_id).transaction_id),
        ("payment_link.paid", link.provider_id),
    ]
    of_order = [one.name for one in came if one.provider_id == started.provider_id]
    assert of_order == ["payment.failed", "payment.captured"]
    assert len({one.event_id for one in came}) == len(came) == 5


def test_it_tells_twice_and_backwards_when_asked(telling: Practice, door: Door) -> None:
    telling.misbehave(webhook_url=door.url, webhook_copies=2, webhook_batch=2)
    started = telling.gateway.open_page(wanted())
    telling.payer.pay(started, vpa=BAD)
    telling.payer.pay(started)

    came = heard(telling, door)

    assert [one.name for one in came] == ["payment.captured"] * 2 + ["payment.failed"] * 2
    assert len({one.event_id for one in came}) == 2


def test_it_tells_again_where_nobody_listened(telling: Practice, door: Door) -> None:
    door.statuses = [500]
    telling.paid()

    first, again = heard(telling, door)

    assert first == again
