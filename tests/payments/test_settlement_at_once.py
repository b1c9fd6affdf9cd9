"""Many at once: of two who give the same money back one wins, and what is told in a crowd counts once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.payments import inbox, refunding, settling
from portal.payments.errors import RefundNotAllowed
from portal.payments.gateways import Found
from portal.payments.models import Payment
from tests.concurrency.crowd import Act, Crowd
from tests.payments.gateways.stripe_till import StripeTill
from tests.payments.settlement import FEE, Shop, event
from tests.stand_ins import stand_ins

pytestmark = pytest.mark.concurrency


@dataclass
class Scene:
    """Ana has typed her card; `found` is what the provider says of it."""

    shop: Shop
    crowd: Crowd
    payment: Payment
    found: Found

    def settling(self) -> Act:
        shop, payment_id, found = self.shop, self.payment.id, self.found
        return lambda session: settling.settle(session, shop.practice, payment_id, found, at=shop.at)

    def refunding(self, minor: int) -> Act:
        facts = {"reason": "Sorry", "by": self.shop.fay, "at": self.shop.at}
        return lambda session: refunding.queue(session, self.payment.id, minor, **facts).id  # type: ignore[arg-type]


@pytest.fixture
def scene(committed: Engine, tmp_path: Path) -> Iterator[Scene]:
    with stand_ins(tmp_path) as there, Session(committed, expire_on_commit=False) as session:
        shop = Shop(session, there, StripeTill(), datetime.now(UTC))
        shop.hold()
        payment = shop.open_page()
        shop.pay()
        found = shop.practice.gateway_of(payment).look(payment.provider_payment_id or "")
        session.commit()
        yield Scene(shop, Crowd(committed), payment, found)


def test_what_the_provider_says_in_many_threads_is_settled_once(scene: Scene) -> None:
    assert set(scene.crowd.at_once(*[scene.settling()] * 8)) == {"PAID"}
    assert scene.crowd.rows("SELECT count(*), sum(amount_minor) FROM receipt") == [(1, FEE)]
    assert scene.shop.held_by_provider() == FEE
    scene.crowd.check_the_books()


def test_of_two_who_give_all_of_it_back_at_once_one_wins(scene: Scene) -> None:
    scene.crowd.alone(scene.settling())
    results = scene.crowd.at_once(*[scene.refunding(FEE)] * 2)
    assert sorted(isinstance(result, RefundNotAllowed) for result in results) == [False, True]
    scene.shop.run_jobs()
    assert scene.shop.till.moved(scene.shop.there) == [FEE, -FEE]
    assert scene.shop.held_by_provider() == 0


def test_two_processes_never_send_the_same_refund(scene: Scene) -> None:
    scene.crowd.alone(scene.settling())
    for _ in range(6):
        scene.crowd.alone(scene.refunding(1000))
    at, lease = scene.shop.at, scene.shop.practice.lease
    claiming: Act = lambda session: refunding.claim_due(session, limit=2, at=at, lease=lease)  # noqa: E731
    claimed = [claim for claims in scene.crowd.at_once(*[claiming] * 6) for claim in claims]
    assert len({claim.refund_id for claim in claimed}) == len(claimed)
    assert len(claimed) >= 2


def test_a_webhook_told_by_many_at_once_is_kept_once(scene: Scene) -> None:
    shop = scene.shop
    body = event(shop, scene.payment)
    headers = shop.till.sign(body, shop.till.secrets[0])
    telling: Act = lambda session: inbox.receive(  # noqa: E731
        session, shop.practice, shop.provider, body, headers, at=shop.at
    )
    assert sum(scene.crowd.at_once(*[telling] * 20)) == 1
