"""Many people at once: no number is given twice or lost, and no money spent twice."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.core.errors import PortalError
from portal.core.money import Money
from portal.payments import ledger, receipts
from portal.payments.book_models import Document
from portal.payments.errors import InsufficientCredits, PaymentNotPossible, PayoutTooHigh, RefundNotAllowed
from portal.payments.models import Method, Payment, PaymentStatus, Refund
from portal.payments.rules import Split
from tests.cast import Cast
from tests.concurrency.crowd import Act, Crowd
from tests.conftest import NOW
from tests.payments.paying import FEE, a_paid, a_paid_for_credits, a_payment, a_refund, settle

pytestmark = pytest.mark.concurrency

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def crowd(committed: Engine) -> Iterator[Crowd]:
    crowd = Crowd(committed)
    yield crowd
    sums = "SELECT 1 FROM ledger_entry GROUP BY transaction_key, currency HAVING sum(amount_minor) <> 0"
    assert crowd.count(sums) == 0


@pytest.fixture
def cast(crowd: Crowd) -> Cast:
    """Ana, Bo and their centre, committed."""
    with Session(crowd.engine, expire_on_commit=False) as session:
        cast = Cast(session)
        for name in ("ana", "clinician"):
            getattr(cast, name)  # named, they come into being
        session.commit()
        return cast


class ChangedTheirMind(PortalError):
    """Whoever took a number and did not need it after all."""


def numbering(*, fails: bool = False, at: datetime = NOW) -> Act:
    def take(session: Session) -> int:
        number = receipts.take_number(session, Document.RECEIPT, at, LONDON)
        if fails:
            raise ChangedTheirMind
        return number

    return take


def refusals(results: list[object]) -> set[type]:
    return {type(result) for result in results if isinstance(result, PortalError)}


def test_sixty_receipts_at_once_have_sixty_numbers_in_a_row(crowd: Crowd) -> None:
    numbers = crowd.at_once(*(numbering() for _ in range(60)))
    assert sorted(numbers) == list(range(1, 61))


def test_a_number_that_nobody_needed_after_all_goes_to_the_next(crowd: Crowd) -> None:
    results = crowd.at_once(*(numbering(fails=number % 3 == 0) for number in range(60)))
    assert refusals(results) == {ChangedTheirMind}
    assert sorted(result for result in results if isinstance(result, int)) == list(range(1, 41))
    assert crowd.alone(numbering()) == 41


def test_whoever_waits_for_a_number_gets_the_one_that_was_rolled_back(crowd: Crowd) -> None:
    results: list[int] = []
    waiting = threading.Thread(target=lambda: results.append(crowd.alone(numbering())))
    with Session(crowd.engine) as first:
        assert numbering()(first) == 1
        waiting.start()
        waiting.join(timeout=0.3)
        assert waiting.is_alive(), "no number is given while an earlier one may still be lost"
        first.rollback()
    waiting.join(timeout=10)
    assert results == [1]


def test_a_year_begins_when_it_begins_at_the_practice(crowd: Crowd) -> None:
    new_year = datetime(2026, 12, 31, 20, 0, tzinfo=UTC)

    def take(session: Session, zone: str) -> tuple[int, int]:
        where = ZoneInfo(zone)
        number = receipts.take_number(session, Document.RECEIPT, new_year, where)
        return receipts.year_of(new_year, where), number

    assert crowd.alone(lambda session: take(session, "Europe/London")) == (2026, 1)
    assert crowd.alone(lambda session: take(session, "Asia/Kolkata")) == (2027, 1)
    assert crowd.alone(lambda session: take(session, "America/New_York")) == (2026, 2)


def test_invoices_are_counted_for_themselves(crowd: Crowd) -> None:
    assert crowd.alone(numbering()) == 1
    assert crowd.alone(lambda one: receipts.take_number(one, Document.INVOICE, NOW, LONDON)) == 1


def issuing(payment_id: int) -> Act:
    return lambda session: (
        receipts.issue_for(session, session.get_one(Payment, payment_id), at=NOW, zone=LONDON).number
    )


def test_a_payment_has_one_receipt_however_many_ask_for_it(crowd: Crowd, cast: Cast) -> None:
    one, other = (crowd.alone(lambda session: a_paid(session, cast).id) for _ in range(2))
    assert set(crowd.at_once(*(issuing(one) for _ in range(12)))) == {1}
    assert crowd.alone(issuing(other)) == 2


def paying(payment_id: int, *, fails: bool) -> Act:
    """All that is written when money arrives, its number last; whoever fails does so after that."""

    def pay(session: Session) -> int:
        payment = session.get_one(Payment, payment_id)
        payment.status, payment.paid_at = PaymentStatus.PAID, NOW
        session.flush()
        ledger.record_paid(session, payment, at=NOW)
        number = receipts.issue_for(session, payment, at=NOW, zone=LONDON).number
        if fails:
            raise ChangedTheirMind
        return number

    return pay


def test_a_hundred_people_pay_at_once_and_their_receipts_have_no_gap(crowd: Crowd, cast: Cast) -> None:
    visit = crowd.alone(lambda session: a_payment(session, cast)).appointment_id
    failed = {"appointment_id": visit, "status": PaymentStatus.FAILED}
    ids = [crowd.alone(lambda session: a_payment(session, cast, **failed).id) for _ in range(100)]
    results = crowd.at_once(*(paying(one, fails=index % 5 == 0) for index, one in enumerate(ids)))
    assert refusals(results) == {ChangedTheirMind}
    assert sorted(result for result in results if isinstance(result, int)) == list(range(1, 81))
    kept = crowd.rows("SELECT count(*), count(DISTINCT number), min(number), max(number) FROM receipt")
    assert kept == [(80, 80, 1, 80)]


def test_what_is_not_paid_has_no_receipt_and_takes_no_number(crowd: Crowd, cast: Cast) -> None:
    unpaid = crowd.alone(lambda session: a_payment(session, cast).id)
    with pytest.raises(PaymentNotPossible):
        crowd.alone(issuing(unpaid))
    assert crowd.alone(numbering()) == 1


def test_of_many_who_spend_the_last_credit_one_can(crowd: Crowd, cast: Cast) -> None:
    crowd.alone(lambda session: a_paid_for_credits(session, cast, 1, 100))
    visits = [crowd.alone(lambda session: a_paid(session, cast).appointment_id) for _ in range(8)]
    spent = {"method": Method.CREDITS, "credits": 1, "amount_minor": 100}
    results = crowd.at_once(
        *(
            lambda session, visit=visit: a_paid(session, cast, appointment_id=visit, **spent)
            for visit in visits
        )
    )
    assert refusals(results) == {InsufficientCredits}
    assert crowd.count("SELECT 1 FROM payment WHERE method = 'CREDITS'") == 1
    assert crowd.alone(lambda session: ledger.credits_left(session, cast.ana.account_id or 0)) == 0


def test_of_many_who_refund_one_payment_one_does(crowd: Crowd, cast: Cast) -> None:
    payment = crowd.alone(lambda session: a_paid(session, cast))
    results = crowd.at_once(*(lambda session: a_refund(session, payment, FEE // 2 + 1) for _ in range(10)))
    assert refusals(results) == {RefundNotAllowed}
    assert crowd.count("SELECT 1 FROM refund") == 1


def test_a_payment_that_is_told_many_times_at_once_arrives_once(crowd: Crowd, cast: Cast) -> None:
    def told(session: Session) -> None:
        ledger.record_paid(session, session.get_one(Payment, payment.id), at=NOW)

    payment = crowd.alone(lambda session: a_payment(session, cast, status="PAID", paid_at=NOW))
    results = crowd.at_once(*(told for _ in range(10)))
    assert refusals(results) == {PaymentNotPossible}
    assert crowd.alone(lambda session: ledger.balance(session, "provider:STRIPE", "GBP")).minor == FEE


def test_of_two_who_pay_bo_out_one_does(crowd: Crowd, cast: Cast) -> None:
    def earned(session: Session) -> None:
        split = Split(clinician_minor=FEE, platform_minor=0)
        ledger.record_earned(session, a_paid(session, cast), split, clinician_id=cast.clinician.id, at=NOW)

    def paying_out(session: Session) -> None:
        ledger.record_payout(session, cast.clinician.id, Money(FEE, "GBP"), at=NOW)

    crowd.alone(earned)
    assert refusals(crowd.at_once(paying_out, paying_out)) == {PayoutTooHigh}
    assert crowd.alone(lambda session: ledger.owed_to(session, cast.clinician.id, "GBP")).minor == 0


def earning(cast: Cast, payment_id: int, minor: int) -> Act:
    def earn(session: Session) -> None:
        payment, split = session.get_one(Payment, payment_id), Split(minor, platform_minor=0)
        ledger.record_earned(session, payment, split, clinician_id=cast.clinician.id, at=NOW)

    return earn


def test_a_visit_that_many_end_at_once_is_earned_once(crowd: Crowd, cast: Cast) -> None:
    payment = crowd.alone(lambda session: a_paid(session, cast).id)
    results = crowd.at_once(*(earning(cast, payment, FEE) for _ in range(8)))
    assert refusals(results) == {PaymentNotPossible}
    assert crowd.alone(lambda session: ledger.owed_to(session, cast.clinician.id, "GBP")).minor == FEE


def test_refunds_that_arrive_at_once_take_back_from_bo_what_ana_had_not_left(
    crowd: Crowd, cast: Cast
) -> None:
    def settling(refund_id: int) -> Act:
        return lambda session: settle(session, session.get_one(Refund, refund_id))

    payment = crowd.alone(lambda session: a_paid(session, cast))
    crowd.alone(earning(cast, payment.id, FEE // 2))
    refunds = [crowd.alone(lambda session: a_refund(session, payment, FEE // 6).id) for _ in range(6)]
    crowd.at_once(*(settling(refund) for refund in refunds))
    assert crowd.alone(lambda session: ledger.balances_of_payment(session, payment.id)) == {}
