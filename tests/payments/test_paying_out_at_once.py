"""Several people at once: a clinician is paid once, a visit earned once, each line on one statement."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.commands.locking import lock_for_change
from portal.appointments.models import Appointment
from portal.core.errors import PortalError
from portal.core.events import publish
from portal.payments import ledger
from portal.payments.errors import OwedOtherwise, PayoutTooHigh
from portal.payments.events import PaymentReceived
from portal.payments.models import Payment
from portal.payments.paying_out import pay_out
from portal.payments.rules import split_fee
from tests.cast import Cast
from tests.concurrency.crowd import Act, Crowd
from tests.conftest import NOW
from tests.payments.paying import FEE, a_paid, a_payment, a_visit

pytestmark = pytest.mark.concurrency


@pytest.fixture
def crowd(committed: Engine) -> Iterator[Crowd]:
    crowd = Crowd(committed)
    yield crowd
    assert crowd.count("SELECT 1 FROM payout_line GROUP BY entry_id HAVING count(*) > 1") == 0
    numbers = [row[0] for row in crowd.rows("SELECT number FROM payout ORDER BY number")]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.fixture
def cast(crowd: Crowd) -> Cast:
    """Ana, Bo, Ada and their centre, committed."""
    with Session(crowd.engine, expire_on_commit=False) as session:
        cast = Cast(session)
        for name in ("ana", "clinician", "bo", "ada"):
            getattr(cast, name)  # named, they come into being
        session.commit()
        return cast


def earned(crowd: Crowd, cast: Cast) -> None:
    def earn(session: Session) -> None:
        payment = a_paid(session, cast)
        ledger.record_earned(session, payment, split_fee(FEE), clinician_id=cast.clinician.id, at=NOW)

    crowd.alone(earn)


def owing(cast: Cast, visit_id: int) -> Act:
    return lambda session: a_payment(session, cast, appointment_id=visit_id).id


def paying_out(cast: Cast, minor: int | None = None, shown: int | None = None) -> Act:
    def act(session: Session) -> int:
        facts = {"currency": "GBP", "amount_minor": minor, "owed_minor": shown, "by": cast.ada, "at": NOW}
        return pay_out(session, cast.clinician.id, **facts).amount_minor  # type: ignore[arg-type]

    return act


def owed(crowd: Crowd, cast: Cast) -> int:
    return crowd.alone(lambda session: ledger.owed_to(session, cast.clinician.id, "GBP").minor)


def refusals(results: list[object]) -> set[type]:
    return {type(result) for result in results if isinstance(result, PortalError)}


def test_of_many_who_pay_everything_out_one_does(crowd: Crowd, cast: Cast) -> None:
    earned(crowd, cast)
    results = crowd.at_once(*(paying_out(cast) for _ in range(6)))
    assert refusals(results) == {PayoutTooHigh}
    assert [result for result in results if isinstance(result, int)] == [FEE]
    assert owed(crowd, cast) == 0


def test_a_part_is_paid_once_however_often_the_button_is_pressed(crowd: Crowd, cast: Cast) -> None:
    earned(crowd, cast)
    results = crowd.at_once(*(paying_out(cast, 1000, shown=FEE) for _ in range(6)))
    assert refusals(results) == {OwedOtherwise}
    assert owed(crowd, cast) == FEE - 1000


def test_what_is_earned_meanwhile_is_on_this_statement_or_the_next(crowd: Crowd, cast: Cast) -> None:
    earned(crowd, cast)
    payments = [crowd.alone(lambda session: a_paid(session, cast).id) for _ in range(6)]

    def earning(payment_id: int) -> Act:
        def earn(session: Session) -> None:
            payment = session.get_one(Payment, payment_id)
            ledger.record_earned(session, payment, split_fee(FEE), clinician_id=cast.clinician.id, at=NOW)

        return earn

    crowd.at_once(*(earning(one) for one in payments), *(paying_out(cast) for _ in range(4)))
    if owed(crowd, cast):
        crowd.alone(paying_out(cast))
    assert owed(crowd, cast) == 0
    assert crowd.count("SELECT 1 FROM payout_line") == 7
    listed = "SELECT -sum(amount_minor) FROM ledger_entry JOIN payout_line ON entry_id = ledger_entry.id"
    [[earned_minor]], [[paid]] = crowd.rows(listed), crowd.rows("SELECT sum(amount_minor) FROM payout")
    assert earned_minor == paid == 7 * FEE


def test_a_visit_that_ends_while_its_payment_arrives_is_earned_once(crowd: Crowd, cast: Cast) -> None:
    """Whoever comes second does what the first could not: the visit is earned exactly once."""
    for _ in range(5):
        visit_id = crowd.alone(lambda session: a_visit(session, cast).id)
        payment_id = crowd.alone(owing(cast, visit_id))

        def complete(session: Session, visit_id: int = visit_id) -> None:
            visit = session.get_one(Appointment, visit_id)
            appointments.complete(session, visit, by=cast.bo, at=visit.ends_at)

        def arrive(session: Session, visit_id: int = visit_id, payment_id: int = payment_id) -> None:
            visit = session.get_one(Appointment, visit_id)
            lock_for_change(session, visit)
            payment = session.get_one(Payment, payment_id, with_for_update=True)
            payment.status, payment.paid_at = "PAID", NOW
            session.flush()
            ledger.record_paid(session, payment, at=NOW)
            publish(session, PaymentReceived(payment.id, NOW))

        before = owed(crowd, cast)
        assert refusals(crowd.at_once(complete, arrive)) == set()
        assert owed(crowd, cast) == before + FEE
