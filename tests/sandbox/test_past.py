"""What was paid before the stand-ins kept books can be given back too: the demonstration's own past."""

import uuid
from collections.abc import Iterator

import pytest

from portal.core.money import Money
from portal.payments.gateways import Gateway, Provider, RefundState, Refused, WantedRefund
from portal.payments.practice import practice_of
from tests.payments.gateways.razorpay_till import RazorpayTill
from tests.payments.gateways.stripe_till import StripeTill
from tests.payments.gateways.tills import Till
from tests.stand_ins import StandIns, stand_ins

PAST: dict[Provider, tuple[Till, str, Money]] = {
    Provider.STRIPE: (StripeTill(), "pi_demo_gbp_6000_1f6a", Money(4000, "GBP")),
    Provider.RAZORPAY: (RazorpayTill(), "pay_demo_inr_6000_1f6a", Money(4000, "INR")),
}


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def a_refund(transaction_id: str, money: Money) -> WantedRefund:
    return WantedRefund(key=uuid.uuid4(), provider_id="", transaction_id=transaction_id, money=money)


@pytest.mark.parametrize("provider", PAST)
def test_it_goes_back_and_never_more_than_was_paid(there: StandIns, provider: Provider) -> None:
    till, transaction_id, money = PAST[provider]
    gateway: Gateway = practice_of(there.settings).gateways[provider]
    _begin_anew(till, there)
    assert gateway.refund(a_refund(transaction_id, money)).state is RefundState.DONE
    assert sum(till.moved(there)) == 2000
    with pytest.raises(Refused):
        gateway.refund(a_refund(transaction_id, money))
    assert sum(till.moved(there)) == 2000


@pytest.mark.parametrize("provider", PAST)
def test_what_says_nothing_of_itself_is_not_there(there: StandIns, provider: Provider) -> None:
    till, transaction_id, money = PAST[provider]
    gateway: Gateway = practice_of(there.settings).gateways[provider]
    _begin_anew(till, there)
    with pytest.raises(Refused):
        gateway.refund(a_refund(transaction_id.replace("demo", "test"), money))
    assert till.moved(there) == []


def _begin_anew(till: Till, there: StandIns) -> None:
    there.behaviour.change({})
    till.forget(there)
