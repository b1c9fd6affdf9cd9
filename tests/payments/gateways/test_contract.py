"""What every gateway does, whoever its provider is: one suite for all, against the stand-ins."""

import uuid
from dataclasses import replace

import pytest

from portal.core.money import Money
from portal.payments.gateways import (
    Gateway,
    RefundState,
    Refused,
    State,
    Unavailable,
)
from tests.payments.gateways.tills import SUM, Till, give_back, paid, wanted
from tests.stand_ins import StandIns


def test_a_patient_pays_on_the_providers_page(gateway: Gateway, till: Till, there: StandIns) -> None:
    started = gateway.open_page(wanted(till))
    before = gateway.look(started.provider_id)
    assert (before.state, before.paid, before.transaction_id) == (State.OPEN, Money(0, till.currency), "")

    till.pay(there, started)

    found = gateway.look(started.provider_id)
    assert (found.provider_id, found.state) == (started.provider_id, State.PAID)
    assert (found.paid, found.refunded) == (Money(SUM, till.currency), Money(0, till.currency))
    assert found.transaction_id
    assert found.method
    assert found.failure == ""
    assert till.moved(there) == [SUM]


def test_a_patient_whose_bank_says_no_may_pay_by_other_means(
    gateway: Gateway, till: Till, there: StandIns
) -> None:
    started = gateway.open_page(wanted(till))

    till.be_declined(there, started)

    declined = gateway.look(started.provider_id)
    assert (declined.state, declined.paid.minor) == (State.OPEN, 0)
    assert "declined" in declined.failure
    assert till.moved(there) == []
    till.pay(there, started)
    assert gateway.look(started.provider_id).state is State.PAID
    assert till.moved(there) == [SUM]


def test_asking_twice_with_one_key_makes_one_payment(gateway: Gateway, till: Till) -> None:
    by_script, by_page, by_link = (wanted(till) for _ in range(3))

    assert gateway.start(by_script).provider_id == gateway.start(by_script).provider_id
    assert gateway.open_page(by_page).provider_id == gateway.open_page(by_page).provider_id
    assert gateway.create_link(by_link) == gateway.create_link(by_link)
    assert gateway.start(wanted(till)).provider_id != gateway.start(wanted(till)).provider_id


def test_a_key_does_not_come_back_with_another_amount(gateway: Gateway, till: Till) -> None:
    first = wanted(till)
    gateway.start(first)

    with pytest.raises(Refused):
        gateway.start(replace(first, money=Money(SUM + 1, till.currency)))


def test_what_the_browser_gets_holds_no_secret(gateway: Gateway, till: Till) -> None:
    for started in (gateway.start(wanted(till)), gateway.open_page(wanted(till))):
        assert "secret-" not in repr(started)
    assert "secret-" not in repr(gateway)


def test_less_than_the_provider_takes_is_refused(gateway: Gateway, till: Till) -> None:
    for least in (0, -1, 1):
        with pytest.raises(Refused):
            gateway.start(wanted(till, least))


def test_money_goes_back_in_parts_and_never_more_than_was_paid(
    gateway: Gateway, till: Till, there: StandIns
) -> None:
    found = paid(gateway, till, there)

    first = give_back(gateway, found, 20_00)
    with pytest.raises(Refused):
        give_back(gateway, found, 25_01)
    give_back(gateway, found, 25_00)
    with pytest.raises(Refused):
        give_back(gateway, found, 1_00)

    assert (first.state, first.money) == (RefundState.DONE, Money(20_00, till.currency))
    assert gateway.look_refund(first.provider_id) == first
    after = gateway.look(found.provider_id)
    assert (after.state, after.paid.minor, after.refunded.minor) == (State.PAID, SUM, SUM)
    assert till.moved(there) == [SUM, -20_00, -25_00]


def test_one_refund_key_gives_back_once_even_if_the_answer_was_lost(
    gateway: Gateway, till: Till, there: StandIns
) -> None:
    found, key = paid(gateway, till, there), uuid.uuid4()
    there.behaviour.change({"of": till.name, "drop": 1})
    with pytest.raises(Unavailable):
        give_back(gateway, found, 10_00, key)

    there.behaviour.change({})
    again, once_more = (give_back(gateway, found, 10_00, key) for _ in range(2))

    assert again == once_more
    assert till.moved(there) == [SUM, -10_00]


def test_nothing_goes_back_where_nothing_was_paid(gateway: Gateway, till: Till, there: StandIns) -> None:
    found = gateway.look(gateway.open_page(wanted(till)).provider_id)

    with pytest.raises(Refused):
        give_back(gateway, found, 1_00)

    assert till.moved(there) == []


def test_a_payment_that_was_cancelled_is_over(gateway: Gateway, till: Till) -> None:
    for started in (gateway.start(wanted(till)), gateway.open_page(wanted(till))):
        first, second = gateway.cancel(started.provider_id), gateway.cancel(started.provider_id)
        assert first == second == gateway.look(started.provider_id)
        assert (first.state, first.paid.minor) == (State.CANCELLED, 0)


def test_a_payment_that_was_faster_than_its_cancellation_stays_paid(
    gateway: Gateway, till: Till, there: StandIns
) -> None:
    found = paid(gateway, till, there)

    assert gateway.cancel(found.provider_id) == found
    assert till.moved(there) == [SUM]


def test_anybody_may_pay_a_link_once(gateway: Gateway, till: Till, there: StandIns) -> None:
    made = gateway.create_link(wanted(till))
    assert (made.state, made.paid) == (State.OPEN, None)
    assert made.expires_at
    assert gateway.look_link(made.provider_id) == made

    till.pay_link(there, made.url)
    till.pay_link(there, made.url)

    after = gateway.look_link(made.provider_id)
    assert (after.state, after.paid) == (State.PAID, Money(SUM, till.currency))
    found = gateway.look(made.provider_id)
    assert found.state is State.PAID
    give_back(gateway, found, 5_00)
    assert till.moved(there) == [SUM, -5_00]
    assert gateway.cancel_link(made.provider_id).state is State.PAID


def test_a_cancelled_link_takes_no_money(gateway: Gateway, till: Till, there: StandIns) -> None:
    made = gateway.create_link(wanted(till))

    assert gateway.cancel_link(made.provider_id).state is State.CANCELLED
    till.pay_link(there, made.url)

    assert gateway.cancel_link(made.provider_id).state is State.CANCELLED
    assert till.moved(there) == []
