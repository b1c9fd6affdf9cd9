"""What every gateway does when its provider is in trouble, is not set up, or when somebody else speaks for it."""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest

from portal.core.money import Money
from portal.payments.gateways import (
    Gateway,
    NotConfigured,
    Refused,
    SignatureInvalid,
    State,
    Told,
    Unavailable,
    WantedRefund,
    Webhook,
)
from tests.payments.gateways.ears import Ears
from tests.payments.gateways.tills import EMAIL, PHONE, SUM, Till, give_back, wanted
from tests.stand_ins import TIMEOUT_SECONDS, StandIns, free_port

FAILURES = [{"error": 1}, {"busy": 1}, {"hang": 1, "hang_seconds": 30}, {"drop": 1}]


@pytest.mark.parametrize("manners", FAILURES, ids=lambda manners: next(iter(manners)))
def test_a_provider_in_trouble_says_neither_yes_nor_no_and_nothing_is_made_twice(
    gateway: Gateway, till: Till, there: StandIns, manners: dict[str, float]
) -> None:
    """Neither longer than the time-out, nor a second time by itself: the caller asks again with the same key."""
    wish = wanted(till)
    there.behaviour.change({"of": till.name, **manners})
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        gateway.open_page(wish)
    assert time.monotonic() - begun < TIMEOUT_SECONDS + 1

    there.behaviour.change({})
    started = gateway.open_page(wish)
    till.pay(there, started)

    assert gateway.look(gateway.open_page(wish).provider_id).state is State.PAID
    assert till.moved(there) == [SUM]


def every_call(gateway: Gateway, till: Till) -> list[Callable[[], object]]:
    wish, refund = wanted(till), WantedRefund(uuid.uuid4(), "x", "x", Money(SUM, till.currency))
    return [
        lambda: gateway.start(wish),
        lambda: gateway.open_page(wish),
        lambda: gateway.look("x"),
        lambda: gateway.cancel("x"),
        lambda: gateway.refund(refund),
        lambda: gateway.look_refund("x"),
        lambda: gateway.create_link(wish),
        lambda: gateway.look_link("x"),
        lambda: gateway.cancel_link("x"),
    ]


def test_nobody_listening_is_a_provider_that_cannot_be_reached(till: Till, there: StandIns) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    secure = there.address.replace("http:", "https:")
    for place in (gone, secure):
        gateway = till.connect(replace(there.settings, **{till.address_setting: place}))  # type: ignore[arg-type]
        for call in every_call(gateway, till):
            with pytest.raises(Unavailable):
                call()
        gateway.close()


def test_without_keys_it_is_not_configured_and_says_what_is_missing(till: Till, there: StandIns) -> None:
    for name in till.key_settings:
        gateway = till.connect(replace(there.settings, **{name: ""}))  # type: ignore[arg-type]
        for call in every_call(gateway, till):
            with pytest.raises(NotConfigured, match=name.upper()):
                call()
        gateway.close()
    gateway = till.connect(replace(there.settings, **{till.secret_setting: ""}))  # type: ignore[arg-type]
    with pytest.raises(NotConfigured, match=till.secret_setting.upper()):
        gateway.read_webhook(b"{}", {})
    gateway.close()


def test_a_wrong_key_is_something_to_repair_and_no_refusal(till: Till, there: StandIns) -> None:
    wrong = replace(there.settings, **{till.key_settings[-1]: "not-the-key"})  # type: ignore[arg-type]
    gateway = till.connect(wrong)
    with pytest.raises(Unavailable):
        gateway.start(wanted(till))
    gateway.close()


def test_a_payment_that_the_provider_does_not_know_is_refused(gateway: Gateway) -> None:
    for ask in (gateway.look, gateway.cancel, gateway.look_refund, gateway.look_link):
        with pytest.raises(Refused):
            ask("unknown_7")


@pytest.mark.parametrize("manners", [{}, {"error": 1}, {"busy": 1}, {"drop": 1}], ids=str)
def test_failures_name_neither_the_patient_nor_a_secret(
    gateway: Gateway, till: Till, there: StandIns, manners: dict[str, float]
) -> None:
    """Not even further down the chain of errors, which a log would print."""
    there.behaviour.change({"of": till.name, **manners})
    with pytest.raises((Refused, Unavailable)) as failure:
        gateway.create_link(wanted(till, SUM if manners else 1, email=EMAIL, reference=f"{EMAIL} {PHONE}"))

    error: BaseException | None = failure.value
    while error is not None:
        said = f"{error!s} {error!r}"
        for private in (EMAIL, PHONE, "secret-1"):
            assert private not in said
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_the_provider_tells_of_what_happened_and_signs_it(
    gateway: Gateway, till: Till, there: StandIns, listening: Ears
) -> None:
    started, made = gateway.open_page(wanted(till)), gateway.create_link(wanted(till))
    till.pay(there, started)
    till.pay_link(there, made.url)
    give_back(gateway, gateway.look(started.provider_id), 5_00)
    told = heard(gateway, till, there, listening)

    about = {(one.about, one.provider_id) for one in told}
    assert {(Told.PAYMENT, started.provider_id), (Told.LINK, made.provider_id)} <= about
    assert any(one.about is Told.REFUND and one.provider_id for one in told)
    assert len({one.event_id for one in told}) == len(told)
    assert not any(one.is_live for one in told)
    assert all(one.created_at for one in told)


def heard(gateway: Gateway, till: Till, there: StandIns, listening: Ears) -> list[Webhook]:
    """Every webhook, read and believed."""
    assert till.settle(there)
    return [gateway.read_webhook(body, headers) for body, headers in listening.heard]


def test_a_webhook_of_somebody_elses_is_not_believed(gateway: Gateway, till: Till) -> None:
    body = (
        b'{"id":"evt_1","type":"surprise","event":"surprise","created":1,"data":{"object":{}},"payload":{}}'
    )
    for secret in till.secrets:
        read = gateway.read_webhook(body, till.sign(body, secret))
        assert read.about is Told.OTHER

    signed = dict(till.sign(body, till.secrets[0]))
    forgeries: list[tuple[bytes, dict[str, str]]] = [
        (body, dict(till.sign(body, "another secret"))),
        (body, {}),
        (body, dict.fromkeys(signed, "")),
        (body + b" ", signed),
        (body.replace(b"evt_1", b"evt_2"), signed),
    ]
    for forged, headers in forgeries:
        with pytest.raises(SignatureInvalid):
            gateway.read_webhook(forged, headers)
    for broken in (b"no JSON", b"[]", b"\xff"):
        with pytest.raises(SignatureInvalid):
            gateway.read_webhook(broken, till.sign(broken, till.secrets[0]))


def test_an_answer_about_another_payment_is_not_believed(gateway: Gateway, till: Till) -> None:
    mine, other = gateway.open_page(wanted(till)), gateway.open_page(wanted(till))
    with pytest.raises(SignatureInvalid):
        gateway.check_answer(mine.provider_id, till.answer_about(other))
