"""Whatever happens to Ana's payment, in whatever order: she has a visit or her money, and both books agree."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import PortalError
from portal.payments import settling
from portal.payments.models import Payment
from portal.payments.rules import paid_of
from portal.sandbox.razorpay_desk import signer
from tests.payments.gateways.razorpay_till import RazorpayTill
from tests.payments.gateways.stripe_till import StripeTill
from tests.payments.gateways.tills import Till
from tests.payments.settlement import FEE, Crash, Shop
from tests.stand_ins import StandIns, stand_ins

TILLS: tuple[Till, ...] = (StripeTill(), RazorpayTill())
NUMBERS = st.integers(0, 5)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@contextmanager
def undone(engine: Engine) -> Iterator[Session]:
    """A session whose commits are undone at the end."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()


def told(shop: Shop) -> list[tuple[bytes, Mapping[str, str]]]:
    """Every webhook that the provider has sent so far, signed."""
    secret = shop.till.secrets[0]
    if shop.till.name == "stripe":
        bodies = [json.dumps(event).encode() for event in shop.there.stripe.store.all("event")]
        return [(body, shop.till.sign(body, secret)) for body in bodies]
    events = shop.there.razorpay.book.all("event")
    return [(body, signer(secret)(body, one["id"])) for one in events if (body := one["body"].encode())]


class Story(RuleBasedStateMachine):
    """What people, the provider, the jobs and misfortune do. A refusal in words is nobody's mistake."""

    engine: Engine
    there: StandIns
    till: Till

    @initialize(is_paid=st.booleans())
    def begin(self, is_paid: bool) -> None:
        self.till.forget(self.there)
        today = datetime.now(UTC)
        self._time = clock.travel_to(today)
        self._time.__enter__()
        self._undone = undone(self.engine)
        self.shop = Shop(self._undone.__enter__(), self.there, self.till, today)
        self.given_by_hand = 0
        self.shop.hold()
        payment = self.shop.open_page()
        if is_paid:
            self.shop.pay()
            settling.ask(self.shop.session, self.shop.practice, payment.id, at=self.shop.at)

    @precondition(lambda self: not self.is_paid())
    @rule()
    def ana_holds_the_time(self) -> None:
        with suppress(PortalError):
            self.shop.hold()

    @precondition(lambda self: not self.is_paid())
    @rule(dies=st.booleans())
    def ana_opens_a_page(self, dies: bool) -> None:
        with suppress(PortalError, Crash):
            self.shop.open_page(dies=dies)

    @rule(page=NUMBERS, is_good=st.sampled_from([True, True, False]))
    def ana_types_a_card(self, page: int, is_good: bool) -> None:
        with suppress(PortalError, Crash):
            if not self.shop.pages:
                self.shop.open_page()
            self.shop.pay(page % len(self.shop.pages), is_good=is_good)

    @rule(dies=st.booleans())
    def ana_comes_back_from_the_page(self, dies: bool) -> None:
        self.shop.doom(dies)
        for payment in self.shop.payments()[-1:]:
            with suppress(Crash):
                settling.ask(self.shop.session, self.shop.practice, payment.id, at=self.shop.at)
        self.shop.doom(False)

    @precondition(lambda self: bool(told(self.shop)))
    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=4))
    def webhooks_arrive(self, numbers: list[int]) -> None:
        """Some of them, in any order, some twice."""
        heard = told(self.shop)
        for number in numbers:
            self.shop.tell(*heard[number % len(heard)])

    @rule(minutes=st.sampled_from([1, 12, 40]))
    def time_passes(self, minutes: int) -> None:
        self.shop.wait(minutes=minutes)

    @precondition(lambda self: self.shop.pages)
    @rule()
    def zora_books_the_time(self) -> None:
        with suppress(PortalError):
            self.shop.rival_books()

    @rule(by_staff=st.booleans(), is_meant=st.integers(0, 3))
    def it_is_cancelled(self, by_staff: bool, is_meant: int) -> None:
        """Seldom before it is paid, for there would be little to tell after."""
        if is_meant and not self.is_paid():
            return
        with suppress(PortalError):
            self.shop.visit = self._visit()
            self.shop.cancel(by_staff=by_staff)

    @precondition(lambda self: self.is_paid())
    @rule(minor=st.sampled_from([1000, 2500, FEE]))
    def the_desk_refunds_a_part(self, minor: int) -> None:
        for payment in self.shop.payments():
            with suppress(PortalError):
                self.shop.refund(minor, payment)
                self.given_by_hand += minor

    @rule(dies=st.booleans())
    def the_jobs_run(self, dies: bool) -> None:
        self.shop.doom(dies)
        with suppress(Crash):
            self.shop.run_jobs()
        self.shop.doom(False)

    @invariant()
    def the_books_are_sound(self) -> None:
        self.shop.check()

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        try:
            self.shop.run_out()
            self.shop.check_at_the_end(self.given_by_hand)
        finally:
            self._undone.__exit__(None, None, None)
            self._time.__exit__(None, None, None)

    def is_paid(self) -> bool:
        """Does Ana have something paid for?"""
        return any(paid_of(one).left_minor for one in self.shop.payments())

    def _visit(self) -> Appointment | None:
        """The visit that Ana has now: the one that she held, or what her late money took again."""
        payments: list[Payment] = self.shop.payments()
        paid = [one.appointment for one in payments if paid_of(one).left_minor and one.appointment]
        return paid[-1] if paid else self.shop.visit


@pytest.mark.parametrize("till", TILLS, ids=[till.name for till in TILLS])
def test_whatever_happens_ana_has_her_visit_or_her_money(app: Flask, there: StandIns, till: Till) -> None:
    there.behaviour.change({})
    with app.app_context():
        engine = db.engine
    story = type("OneStory", (Story,), {"engine": engine, "there": there, "till": till})
    few = hypothesis_settings(
        max_examples=16,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(story, settings=few)
