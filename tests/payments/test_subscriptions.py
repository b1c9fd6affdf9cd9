"""A subscription is begun by paying, renewed by its provider, followed whoever tells, and ended by its patient."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import NotFound
from portal.payments import ledger, policy, reconciling, settling, starting, subscribing
from portal.payments.book_models import Receipt
from portal.payments.errors import AlreadySubscribed, BeingPrepared, SubscriptionOver, SubscriptionsNotSold
from portal.payments.models import Payment, PaymentStatus
from portal.payments.policy import Policy
from portal.payments.subscription_models import Subscription, SubscriptionStatus
from tests.payments.conftest import TILLS
from tests.payments.gateways.stripe_till import DECLINED, GOOD
from tests.payments.settlement import Shop
from tests.stand_ins import StandIns

PRICE, VISITS = 12000, 4
S = SubscriptionStatus


class Subscriber:
    """Ana, in a practice that sells subscriptions."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.session = shop, shop.session

    def subscribe(self, **said: Any) -> Payment:
        shop = self.shop
        facts: dict[str, Any] = {"practice": shop.practice, "by": shop.ana, "at": shop.at, **said}
        payment = in_transaction(self.session, lambda: subscribing.subscribe(self.session, **facts))
        shop.pages.append(starting.begin(self.session, shop.practice, payment.id, at=shop.at))
        return payment

    def pay(self) -> Payment:
        payment = self.subscribe()
        self.shop.pay()
        settling.ask(self.session, self.shop.practice, payment.id, at=self.shop.at)
        return payment

    def follow(self) -> int:
        return reconciling.follow_subscriptions(self.session, self.shop.practice, at=self.shop.at)

    def end(self) -> None:
        subscription = self.now
        in_transaction(
            self.session,
            lambda: subscribing.end(self.session, subscription, by=self.shop.ana, at=self.shop.at),
        )

    @property
    def now(self) -> Subscription:
        self.session.expire_all()
        return self.session.scalars(select(Subscription)).one()

    @property
    def payments(self) -> list[Payment]:
        return self.shop.payments()

    def tell(self, name: str, **thing: Any) -> None:
        """A webhook about it, signed, and the job that handles what came."""
        event: dict[str, Any] = {"object": "event", "type": name, "created": 1, "livemode": False}
        body = str({"id": f"evt_{uuid.uuid4().hex}", **event, "data": {"object": thing}})
        sent = body.replace("'", '"').replace("False", "false").encode()
        self.shop.tell(sent, self.shop.till.sign(sent, self.shop.till.secrets[0]))
        reconciling.handle_webhooks(self.session, self.shop.practice, at=self.shop.at)


@pytest.fixture(autouse=True)
def sold(shop: Shop) -> Iterator[None]:
    before = policy.current()
    policy.configure(
        Policy(
            currency=shop.till.currency,
            subscription_price_minor=PRICE,
            subscription_visits=VISITS,
            subscription_months=1,
        )
    )
    yield
    policy.configure(before)


@pytest.fixture
def ana(shop: Shop) -> Subscriber:
    return Subscriber(shop)


at_stripe = pytest.mark.parametrize("till", TILLS[:1], ids=["stripe"], indirect=True)
at_razorpay = pytest.mark.parametrize("till", TILLS[1:], ids=["razorpay"], indirect=True)


def renew(ana: Subscriber, number: str = GOOD) -> None:
    """Stripe's month is over."""
    subscription_id = ana.now.provider_subscription_id
    there: StandIns = ana.shop.there
    address = f"{there.address}/stripe/subscriptions/{subscription_id}/renewal"
    assert requests.post(address, data={"number": number.replace(" ", "")}, timeout=5).ok


def test_it_waits_until_its_first_period_is_paid_and_has_a_receipt_then(ana: Subscriber) -> None:
    payment = ana.subscribe()
    assert (ana.now.status, ana.now.visits) == (S.PENDING, VISITS)
    ana.shop.pay()
    settling.ask(ana.session, ana.shop.practice, payment.id, at=ana.shop.at)

    now = ana.now
    assert (now.status, now.starts_at) == (S.ACTIVE, ana.shop.at)
    assert now.ends_at is not None
    assert now.ends_at - ana.shop.at > timedelta(days=27)
    receipt = ana.session.scalars(select(Receipt)).one()
    assert (receipt.amount_minor, receipt.issued_to) == (PRICE, ana.shop.patient.full_name)
    assert ana.shop.held_by_provider() == PRICE == sum(ana.shop.till.moved(ana.shop.there))


def test_asking_twice_leads_to_the_same_page_and_nobody_has_two(ana: Subscriber) -> None:
    first = ana.subscribe()
    assert ana.subscribe().id == first.id
    ana.shop.pay()
    settling.ask(ana.session, ana.shop.practice, first.id, at=ana.shop.at)
    with pytest.raises(AlreadySubscribed):
        ana.subscribe()


def test_a_page_that_ran_out_is_closed_before_there_is_another(ana: Subscriber) -> None:
    """Two pages of a subscription would be two subscriptions."""
    first = ana.subscribe()
    ana.shop.wait(minutes=32)
    with pytest.raises(BeingPrepared):
        ana.subscribe()
    ana.shop.run_jobs()
    assert ana.payments[0].status == PaymentStatus.FAILED
    assert ana.subscribe().id != first.id
    assert ana.now.status == S.PENDING


def test_a_practice_that_sells_none_says_so(ana: Subscriber) -> None:
    policy.configure(Policy())
    with pytest.raises(SubscriptionsNotSold):
        ana.subscribe()


def test_only_who_has_it_ends_it_and_only_while_it_runs(ana: Subscriber) -> None:
    ana.subscribe()
    with pytest.raises(SubscriptionOver):
        ana.end()
    with pytest.raises(NotFound):
        subscribing.end(ana.session, ana.now, by=ana.shop.fay, at=ana.shop.at)


@at_stripe
def test_stripe_says_when_its_period_really_ends(ana: Subscriber) -> None:
    ana.pay()
    assert ana.follow() == 1
    now = ana.now
    assert (now.provider_subscription_id or "").startswith("sub_")
    assert now.due_at == now.ends_at
    assert len(ana.payments) == 1


@at_stripe
def test_a_webhook_about_a_subscription_that_we_do_not_know_yet_finds_its_payment(ana: Subscriber) -> None:
    """It comes before the patient is back, and before we have asked."""
    ana.subscribe()
    ana.shop.pay()
    made = ana.shop.there.stripe.store.all("subscription")[0]

    ana.tell("customer.subscription.created", id=made["id"], object="subscription")

    assert ana.now.status == S.ACTIVE
    assert ana.now.provider_subscription_id == made["id"]
    assert ana.payments[0].status == PaymentStatus.PAID


@at_stripe
def test_each_month_that_stripe_renews_is_a_payment_with_its_receipt(ana: Subscriber) -> None:
    ana.pay()
    ana.follow()
    ended_at = ana.now.ends_at
    renew(ana)
    said = {"id": ana.now.provider_subscription_id, "object": "subscription"}
    for _ in range(3):
        ana.tell("customer.subscription.updated", **said)

    assert ana.now.starts_at == ended_at
    assert [one.status for one in ana.payments] == [PaymentStatus.PAID] * 2
    assert ana.shop.held_by_provider() == 2 * PRICE == sum(ana.shop.till.moved(ana.shop.there))
    assert len(ana.session.scalars(select(Receipt)).all()) == 2


@at_stripe
def test_a_webhook_that_never_comes_changes_nothing(ana: Subscriber) -> None:
    ana.pay()
    ana.follow()
    renew(ana)
    renew(ana)
    ana.shop.at = (ana.now.ends_at or ana.shop.at) + timedelta(seconds=1)
    with clock.travel_to(ana.shop.at):
        assert ana.follow() == 1
    assert [one.status for one in ana.payments] == [PaymentStatus.PAID] * 3
    assert ledger.balance(ana.session, f"provider:{ana.shop.provider}", "GBP").minor == 3 * PRICE


@at_stripe
def test_a_month_that_the_card_does_not_pay_covers_nothing_until_it_is_paid(ana: Subscriber) -> None:
    ana.pay()
    ana.follow()
    renew(ana, DECLINED)
    said = {"id": ana.now.provider_subscription_id, "object": "subscription"}
    ana.tell("customer.subscription.updated", **said)
    assert ana.now.status == S.PAST_DUE
    assert not ana.now.covers_at(ana.shop.at)
    with pytest.raises(AlreadySubscribed):
        ana.subscribe()

    renew(ana, GOOD)
    details = {"subscription_details": {"subscription": ana.now.provider_subscription_id}}
    ana.tell("invoice.paid", id="in_1", object="invoice", parent=details)
    assert ana.now.status == S.ACTIVE
    assert len(ana.payments) == 2


@at_stripe
def test_who_ends_it_keeps_the_month_and_stripe_is_told(ana: Subscriber) -> None:
    ana.pay()
    ana.end()
    ana.end()
    ana.follow()
    now = ana.now
    assert (now.status, now.is_ending) == (S.ACTIVE, True)
    assert ana.shop.there.stripe.store.all("subscription")[0]["cancel_at_period_end"] is True
    assert now.due_at == now.ends_at

    renew(ana)
    ana.tell("customer.subscription.deleted", id=now.provider_subscription_id, object="subscription")
    assert ana.now.status == S.CANCELED
    assert len(ana.payments) == 1
    ana.session.expire_all()
    ana.subscribe()


@at_stripe
def test_webhooks_in_any_order_end_in_the_same_state(ana: Subscriber) -> None:
    ana.pay()
    ana.follow()
    renew(ana)
    ana.end()
    ana.follow()
    renew(ana)
    said = {"id": ana.now.provider_subscription_id, "object": "subscription"}
    for name in ("deleted", "updated", "created", "updated"):
        ana.tell(f"customer.subscription.{name}", **said)
        assert ana.now.status == S.CANCELED
    assert len(ana.payments) == 2


@at_stripe
def test_somebody_elses_subscription_is_kept_and_nothing_more(ana: Subscriber) -> None:
    ana.tell("customer.subscription.created", id="sub_unheard_of", object="subscription")
    assert ana.session.scalars(select(Subscription)).all() == []


@at_razorpay
def test_without_renewals_it_ends_with_its_month_and_can_be_bought_again(ana: Subscriber) -> None:
    ana.pay()
    ana.follow()
    assert ana.now.due_at == ana.now.ends_at
    ana.shop.at = ana.now.ends_at or ana.shop.at
    with clock.travel_to(ana.shop.at):
        ana.follow()
    assert (ana.now.status, ana.now.due_at) == (S.EXPIRED, None)


@at_razorpay
def test_an_order_that_cannot_be_closed_and_is_paid_late_is_given_back(ana: Subscriber) -> None:
    ana.subscribe()
    ana.shop.wait(minutes=32)
    ana.shop.run_jobs()
    ana.pay()
    ends_at = ana.now.ends_at
    ana.shop.pay(0)
    ana.shop.wait(hours=1)
    ana.shop.run_jobs()
    ana.shop.run_jobs()

    assert ana.now.ends_at == ends_at
    assert [one.status for one in ana.payments] == [PaymentStatus.REFUNDED, PaymentStatus.PAID]
    assert ana.shop.held_by_provider() == PRICE == sum(ana.shop.till.moved(ana.shop.there))


@pytest.mark.parametrize(
    ("begins", "months", "ends"),
    [
        (datetime(2026, 1, 31, 9, tzinfo=UTC), 1, datetime(2026, 2, 28, 9, tzinfo=UTC)),
        (datetime(2026, 3, 1, 9, tzinfo=UTC), 1, datetime(2026, 4, 1, 8, tzinfo=UTC)),
        (datetime(2026, 12, 15, 9, tzinfo=UTC), 12, datetime(2027, 12, 15, 9, tzinfo=UTC)),
    ],
)
def test_a_month_is_one_of_the_practices_calendar(begins: datetime, months: int, ends: datetime) -> None:
    assert subscribing.months_later(begins, months, clock.zone("Europe/London")) == ends


def test_the_patient_is_told_when_the_price_has_changed(ana: Subscriber, session: Session) -> None:
    with pytest.raises(Exception, match="check"):
        ana.subscribe(amount_minor=1)
    assert session.scalars(select(Payment)).all() == []
