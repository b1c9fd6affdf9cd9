"""Two desks, or the desk and a provider, at the same moment: a visit is paid once, and a receipt has one number."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Channel
from portal.payments import linking, refunding, settling, starting, taking
from portal.payments.errors import AlreadyPaid, LinkSentMeanwhile
from portal.payments.models import Method, Payment
from portal.payments.queries import account_of
from tests.concurrency.crowd import Act, Crowd
from tests.factories import an_appointment
from tests.payments.gateways.stripe_till import StripeTill
from tests.payments.settlement import FEE, Shop
from tests.stand_ins import stand_ins

pytestmark = pytest.mark.concurrency


@dataclass
class Scene:
    """Ana has booked and not paid."""

    shop: Shop
    crowd: Crowd
    visit: Appointment

    def taking(self, method: Method = Method.CASH) -> Act:
        visit_id, by, at = self.visit.id, self.shop.fay, self.shop.at

        def take(session: Session) -> int:
            visit = session.get_one(Appointment, visit_id)
            return taking.take(session, visit, method=method, by=by, at=at).id

        return take

    def linking(self) -> Act:
        shop, visit_id = self.shop, self.visit.id

        def link(session: Session) -> int:
            visit = session.get_one(Appointment, visit_id)
            facts = {"by": shop.fay, "at": shop.at, "instead_of": None}
            return linking.make_link(session, shop.practice, visit, **facts).id  # type: ignore[arg-type]

        return link


@pytest.fixture
def scene(committed: Engine, tmp_path: Path) -> Iterator[Scene]:
    with stand_ins(tmp_path) as there, Session(committed, expire_on_commit=False) as session:
        shop = Shop(session, there, StripeTill(), datetime.now(UTC))
        facts = {"patient": shop.patient, "by": shop.fay, "at": shop.at, "channel": Channel.DESK}
        visit = an_appointment(session, clinician=shop.clinician, starts_at=shop.slot.starts_at, **facts)  # type: ignore[arg-type]
        session.commit()
        yield Scene(shop, Crowd(committed), visit)


def test_of_two_desks_that_take_the_money_one_wins(scene: Scene) -> None:
    results = scene.crowd.at_once(scene.taking(), scene.taking(Method.TERMINAL), scene.taking())
    assert sorted(isinstance(result, AlreadyPaid) for result in results) == [False, True, True]
    assert scene.crowd.rows("SELECT count(*), sum(amount_minor) FROM payment") == [(1, FEE)]
    assert scene.crowd.rows("SELECT count(*), max(number) FROM receipt") == [(1, 1)]
    assert scene.crowd.count("SELECT 1 FROM notification WHERE kind = 'payment_received'") == 1
    scene.crowd.check_the_books()


def test_whoever_pays_on_the_internet_while_the_desk_takes_the_money_gets_it_back(scene: Scene) -> None:
    shop = scene.shop
    link_id = scene.crowd.alone(scene.linking())
    started = starting.begin(shop.session, shop.practice, link_id, at=shop.at)
    shop.till.pay_link(shop.there, started.url)
    link = shop.session.get_one(Payment, link_id)
    found = shop.practice.gateway_of(link).look(started.provider_id)
    shop.session.commit()
    settle: Act = lambda session: settling.settle(session, shop.practice, link_id, found, at=shop.at)  # noqa: E731
    results = scene.crowd.at_once(settle, scene.taking())
    shop.run_jobs()
    desk_was_late = isinstance(results[1], AlreadyPaid)
    assert shop.till.moved(shop.there) == ([FEE] if desk_was_late else [FEE, -FEE])
    shop.session.expire_all()
    assert account_of(shop.session, shop.session.get_one(Appointment, scene.visit.id)).paid_minor == FEE
    scene.crowd.check_the_books()


def test_of_two_who_send_a_link_at_once_one_does(scene: Scene) -> None:
    results = scene.crowd.at_once(*[scene.linking()] * 4)
    assert sum(isinstance(result, LinkSentMeanwhile) for result in results) == 3
    assert scene.crowd.count("SELECT 1 FROM payment WHERE is_link AND status = 'PENDING'") == 1
    assert scene.crowd.count("SELECT 1 FROM delivery WHERE kind = 'payment-link'") == 1


def test_two_who_hand_the_same_cash_over_write_it_down_once(scene: Scene) -> None:
    payment_id = scene.crowd.alone(scene.taking())
    by, at = scene.shop.fay, scene.shop.at
    queue: Act = lambda session: refunding.queue(session, payment_id, FEE, reason="Ill", by=by, at=at)  # noqa: E731
    refund = scene.crowd.alone(queue)
    hand: Act = lambda session: taking.hand_over(session, session.merge(refund, load=False), by=by, at=at)  # noqa: E731
    assert scene.crowd.at_once(*[hand] * 3) == [None] * 3
    assert scene.crowd.rows("SELECT sum(amount_minor) FROM ledger_entry WHERE account LIKE 'cash:%'") == [
        (0,)
    ]
    assert scene.crowd.count("SELECT 1 FROM notification WHERE kind = 'payment_refunded'") == 1
