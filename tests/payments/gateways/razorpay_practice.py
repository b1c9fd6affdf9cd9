"""A practice that takes rupees: the adapter, the stand-in it speaks to, and somebody who pays."""

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from portal.core import clock
from portal.core.money import Money
from portal.payments.gateways import Refunded, Started, Wanted, WantedRefund
from portal.payments.gateways.razorpay import Razorpay
from portal.sandbox.razorpay_desk import Desk
from tests.payments.gateways.razorpay_payer import Payer
from tests.stand_ins import StandIns

EMAIL, PHONE = "rosa@example.org", "+919000090000"


def rupees(amount: int) -> Money:
    return Money(amount * 100, "INR")


@dataclass(frozen=True)
class Practice:
    gateway: Razorpay
    there: StandIns

    @property
    def payer(self) -> Payer:
        return Payer(self.there.address)

    @property
    def desk(self) -> Desk:
        return self.there.razorpay

    def misbehave(self, **manners: Any) -> None:
        self.there.behaviour.change({"of": "razorpay", **manners})

    def made(self, kind: str) -> list[dict[str, Any]]:
        """What the stand-in knows of one kind: order, payment, refund, link."""
        return self.desk.book.all(kind)

    def paid(self, amount: int = 500) -> Started:
        """An order that somebody has paid."""
        started = self.gateway.open_page(wanted(amount))
        self.payer.pay(started)
        return started

    def refund(self, started: Started, amount: int, **changes: Any) -> Refunded:
        usual = WantedRefund(uuid.uuid4(), started.provider_id, "", rupees(amount), "The visit was moved")
        return self.gateway.refund(replace(usual, **changes))


def wanted(amount: int = 500, **changes: Any) -> Wanted:
    usual = Wanted(
        key=uuid.uuid4(),
        money=rupees(amount),
        reference="BK-2041",
        description="Visit with Dr Rao",
        expires_at=clock.now() + timedelta(hours=1),
        back_url="http://127.0.0.1:1/paid?visit=7",
        cancel_url="http://127.0.0.1:1/visit",
        email=EMAIL,
        phone=PHONE,
    )
    return replace(usual, **changes)


def second_answer_lost() -> int:
    """A seed with which a stand-in that drops half its answers gives the first and loses the second."""

    def is_it(seed: int) -> bool:
        dice = Random(f"razorpay-{seed}")
        return dice.random() >= 0.5 > dice.random()

    return next(filter(is_it, range(1000)))
