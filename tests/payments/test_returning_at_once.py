"""Two at once want the same money back: one of them gets it, and what is left never falls below nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.payments import returning, taking
from portal.payments.errors import RefundNotAllowed, RefundReplaced
from portal.payments.gateways import RefundState
from portal.payments.models import Method, Payment, Refund
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.concurrency.crowd import Act, Crowd
from tests.conftest import NOW
from tests.payments.paying import a_paid, a_refund

pytestmark = pytest.mark.concurrency


@dataclass
class Scene:
    """Ana has paid £60 for a visit to Bo, by that method."""

    cast: Cast
    crowd: Crowd
    payment: Payment

    def giving(self, minor: int | None) -> Act:
        by, payment_id = self.cast.max, self.payment.id
        return lambda session: returning.give_back(
            session, payment_id, minor=minor, reason="Sorry", by=by, at=NOW
        )

    def cancelling(self) -> Act:
        by, visit_id = self.cast.ana, self.payment.appointment_id
        late = LateCancellation.NO_REFUND
        return lambda session: commands.cancel(
            session, session.get_one(Appointment, visit_id), by=by, at=NOW, late=late
        )

    def gone_back(self) -> int:
        found = self.crowd.rows("SELECT coalesce(sum(amount_minor), 0) FROM refund WHERE status <> 'FAILED'")
        return int(found[0][0])


@pytest.fixture(params=[Method.ONLINE, Method.CASH])
def scene(committed: Engine, request: pytest.FixtureRequest) -> Iterator[Scene]:
    with Session(committed, expire_on_commit=False) as session:
        cast = Cast(session)
        payment = a_paid(session, cast, method=request.param)
        assert cast.ana.account_id
        assert cast.max.account_id
        assert cast.fay.account_id
        session.commit()
        yield Scene(cast, Crowd(committed), payment)


def test_of_two_managers_who_give_all_of_it_back_one_wins(scene: Scene) -> None:
    results = scene.crowd.at_once(scene.giving(6000), scene.giving(6000))
    assert sorted(isinstance(result, RefundNotAllowed) for result in results) == [False, True]
    assert scene.gone_back() == 6000


def test_many_who_give_parts_of_it_back_never_give_more_than_was_paid(scene: Scene) -> None:
    results = scene.crowd.at_once(*[scene.giving(2500)] * 6)
    assert sum(isinstance(result, Refund) for result in results) == 2
    assert scene.gone_back() == 5000


def test_a_manager_gives_it_back_while_ana_cancels(scene: Scene) -> None:
    results = scene.crowd.at_once(scene.giving(6000), scene.cancelling())
    assert not isinstance(results[1], Exception)
    assert scene.gone_back() == 6000


def test_of_two_who_try_a_refused_one_again_the_second_learns_of_the_first(scene: Scene) -> None:
    refused = scene.crowd.alone(
        lambda session: (
            a_refund(
                session,
                session.get_one(Payment, scene.payment.id),
                1000,
                status=RefundState.FAILED,
                settled_at=NOW,
            ).id
        )
    )
    again: Act = lambda session: returning.try_again(session, refused, by=scene.cast.max, at=NOW)  # noqa: E731
    results = scene.crowd.at_once(again, again)
    assert sorted(isinstance(result, RefundReplaced) for result in results) == [False, True]
    assert scene.gone_back() == 1000


@pytest.mark.parametrize("scene", [Method.CASH], indirect=True)
def test_what_two_hand_over_at_once_is_written_down_once(scene: Scene) -> None:
    refund_id = scene.crowd.alone(scene.giving(1000)).id
    handing: Act = lambda session: taking.hand_over(  # noqa: E731
        session, session.get_one(Refund, refund_id), by=scene.cast.fay, at=NOW
    )
    assert scene.crowd.at_once(handing, handing) == [None, None]
    assert scene.crowd.count("SELECT 1 FROM ledger_entry WHERE reason = 'REFUNDED'") == 2
