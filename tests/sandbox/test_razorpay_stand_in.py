"""The stand-in for Razorpay is as strict as Razorpay, and its books hold whatever happens at once."""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from portal.sandbox.behaviour import Behaviour
from portal.sandbox.razorpay import StandIn, stand_in_for_razorpay
from portal.sandbox.razorpay_desk import Desk
from portal.sandbox.razorpay_rules import Wrong
from portal.settings import Settings
from tests.stand_ins import StandIns, stand_ins

ORDER: dict[str, Any] = {"amount": 50000, "currency": "INR", "receipt": "r"}
LINK: dict[str, Any] = {"amount": 50000, "currency": "INR", "reference_id": "r"}
UPI = {"method": "upi", "vpa": "success@razorpay"}


def opened(directory: Path) -> StandIn:
    settings = Settings(instance_path=directory, razorpay_key_id="k", razorpay_key_secret="s")
    return stand_in_for_razorpay(settings, Behaviour(), threading.Event())


@pytest.fixture
def there(tmp_path: Path) -> Iterator[StandIn]:
    there = opened(tmp_path)
    yield there
    there.desk.close()


def moved(desk: Desk) -> list[int]:
    return [line["amount"] for line in desk.book.all("movement")]


Act = Callable[[], object]


def at_once(*acts: Act) -> int:
    """How many of those are done, begun at the same moment."""
    start = threading.Barrier(len(acts))

    def succeeds(act: Act) -> bool:
        start.wait()
        try:
            act()
        except Wrong:
            return False
        return True

    with ThreadPoolExecutor(len(acts)) as pool:
        return sum(pool.map(succeeds, acts))


def test_of_many_who_pay_one_order_at_once_one_does(there: StandIn) -> None:
    order = there.desk.make_order(ORDER)

    def pay() -> None:
        there.desk.attempt(order["id"], UPI, is_approved=True)

    assert at_once(*[pay] * 8) == 1

    assert moved(there.desk) == [50000]
    assert there.desk.get("order", order["id"])["status"] == "paid"


def test_refunds_at_once_never_give_back_more_than_was_paid(there: StandIn) -> None:
    order = there.desk.make_order(ORDER)
    payment = there.desk.attempt(order["id"], UPI, is_approved=True)

    def refund() -> None:
        there.desk.refund(payment["id"], {"amount": 20000}, key=str(uuid.uuid4()))

    assert at_once(*[refund] * 8) == 2

    assert moved(there.desk) == [50000, -20000, -20000]
    assert there.desk.get("payment", payment["id"])["amount_refunded"] == 40000


def test_one_refund_key_at_once_gives_back_once(there: StandIn) -> None:
    order = there.desk.make_order(ORDER)
    payment = there.desk.attempt(order["id"], UPI, is_approved=True)
    key = str(uuid.uuid4())

    def refund() -> None:
        there.desk.refund(payment["id"], {"amount": 20000}, key=key)

    assert at_once(*[refund] * 8) == 8
    assert moved(there.desk) == [50000, -20000]
    with pytest.raises(Wrong):
        there.desk.refund(payment["id"], {"amount": 10000}, key=key)
    with pytest.raises(Wrong):
        there.desk.refund(payment["id"], {"amount": 10000}, key="short")


def test_a_link_that_is_cancelled_and_paid_at_once_is_one_of_the_two(there: StandIn) -> None:
    for turn in range(10):
        made = there.links.make(LINK | {"reference_id": f"r{turn}"}, base_url="http://x")
        cancel = partial(there.links.cancel, made["id"])
        pay = partial(there.links.pay, made["id"], UPI, is_approved=True)

        assert at_once(cancel, pay) == 1

        is_paid = there.links.get(made["id"])["status"] == "paid"
        order = there.desk.get("order", made["order_id"])
        assert order["status"] == ("paid" if is_paid else "created")


def test_a_reference_leads_to_one_link(there: StandIn) -> None:
    assert at_once(*[partial(there.links.make, LINK, base_url="http://x")] * 4) == 1
    assert len(there.links.all(reference_id="r")) == 1


def test_money_that_is_not_captured_does_not_move_and_cannot_go_back(there: StandIn) -> None:
    order = there.desk.make_order(ORDER | {"payment_capture": False})
    payment = there.desk.attempt(order["id"], UPI, is_approved=True)
    assert (payment["status"], moved(there.desk)) == ("authorized", [])
    with pytest.raises(Wrong):
        there.desk.refund(payment["id"], {}, key="")
    with pytest.raises(Wrong, match="equal to the amount authorized"):
        there.desk.capture(payment["id"], {"amount": 100, "currency": "INR"})

    captured = there.desk.capture(payment["id"], {"amount": 50000, "currency": "INR"})

    assert (captured["status"], moved(there.desk)) == ("captured", [50000])
    with pytest.raises(Wrong):
        there.desk.capture(payment["id"], {"amount": 50000})
    assert [event["body"].count("payment.captured") for event in there.desk.book.all("event")] == [1]


def test_its_books_outlive_it_and_are_shared(tmp_path: Path) -> None:
    first = opened(tmp_path)
    order = first.desk.make_order(ORDER)
    second = opened(tmp_path)
    second.desk.attempt(order["id"], UPI, is_approved=True)
    first.desk.close()
    second.desk.close()

    third = opened(tmp_path)

    assert third.desk.get("order", order["id"])["status"] == "paid"
    with pytest.raises(Wrong, match="already paid"):
        third.desk.attempt(order["id"], UPI, is_approved=True)
    third.desk.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("razorpay")) as there:
        yield there


def test_strangers_learn_nothing(running: StandIns) -> None:
    place = f"{running.address}/razorpay/v1/orders"
    key, secret = running.settings.razorpay_key_id, running.settings.razorpay_key_secret

    for shown in (None, (key, ""), (key, "wrong"), ("", secret), (key, f"{secret}é")):
        answer = requests.post(place, json=ORDER, auth=shown, timeout=5)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "BAD_REQUEST_ERROR")
    assert requests.post(place, json=ORDER, auth=(key, secret), timeout=5).status_code == 200
    assert requests.post(place, data="{", auth=(key, secret), timeout=5).status_code == 400


def test_whoever_watches_it_sees_its_books_and_lets_time_pass(running: StandIns) -> None:
    control = f"{running.address}/razorpay/control"
    order = running.razorpay.make_order(ORDER)
    running.razorpay.attempt(order["id"], UPI, is_approved=True)

    book = requests.get(f"{control}/book.json", timeout=5).json()
    assert order["id"] in [one["id"] for one in book["orders"]]
    assert sum(line["amount"] for line in book["movements"]) == 50000

    before = running.razorpay.now()
    assert (
        requests.post(f"{control}/plan", json={"ahead_seconds": 900}, timeout=5).json()["ahead_seconds"]
        == 900
    )
    assert running.razorpay.now() >= before + 900
    assert requests.post(f"{control}/plan", json={"haste": 1}, timeout=5).status_code == 400


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"key_id": "rzp_other"}, "api key"),
        ({"order_id": "order_other"}, "does not exist"),
        ({"amount": "100"}, "different from your order amount"),
        ({"callback_url": "javascript:alert(1)"}, "callback_url"),
    ],
)
def test_the_page_of_an_order_takes_what_is_documented(
    running: StandIns, changes: dict[str, str], problem: str
) -> None:
    order = running.razorpay.make_order(ORDER)
    fields = {
        "key_id": running.settings.razorpay_key_id,
        "order_id": order["id"],
        "amount": "50000",
        "callback_url": "http://127.0.0.1:1/back",
        "description": "<b>Visit</b>",
        "cancel_url": "javascript:alert(1)",
    }
    place = f"{running.address}/razorpay/v1/checkout/embedded"
    good = requests.post(place, data=fields, timeout=5)
    assert good.status_code == 200
    assert "<b>" not in good.text
    assert 'href="javascript' not in good.text

    bad = requests.post(place, data=fields | changes, timeout=5)

    assert bad.status_code == 400
    assert problem in bad.text
