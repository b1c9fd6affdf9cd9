"""What was paid for a visit is earned when it has been, or when its price is kept."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.events import AppointmentCompleted
from portal.appointments.models import Appointment
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.payments import earning, ledger, policy, refunding
from portal.payments.book_models import LedgerEntry, Reason
from portal.payments.events import PaymentReceived
from portal.payments.gateways import RefundState
from portal.payments.models import Method, Payment, Purpose, Refund
from portal.payments.rules import TaxRate
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.conftest import NOW
from tests.payments.paying import (
    FEE,
    a_paid,
    a_paid_for_credits,
    a_payment,
    a_visit,
    check_the_ledger,
    standing,
)

WHOLE = {"clinician": -4500, "platform": -500, "tax": -1000}


@pytest.fixture(autouse=True)
def practice() -> Iterator[policy.Policy]:
    """Twenty per cent of tax on top of the price, of which the practice keeps a tenth."""
    before = policy.current()
    chosen = replace(before, tax_rates=(TaxRate("VAT", 2000),), platform_fee_percent=10)
    policy.configure(chosen)
    yield chosen
    policy.configure(before)


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


def shares(session: Session, cast: Cast, payment: Payment) -> dict[str, int]:
    """What each was given by the payment, without who holds the money."""
    sums = standing(session, payment)
    names = {f"clinician:{cast.clinician.id}": "clinician", f"patient:{cast.patient.id}": "patient"}
    return {names.get(name, name): minor for name, minor in sums.items() if ":" not in name or name in names}


def visit_of(payment: Payment) -> Appointment:
    assert payment.appointment is not None
    return payment.appointment


def complete(session: Session, payment: Payment, by: Actor) -> datetime:
    visit = visit_of(payment)
    appointments.complete(session, visit, by=by, at=visit.ends_at)
    return visit.ends_at


def miss(session: Session, payment: Payment, by: Actor) -> None:
    visit = visit_of(payment)
    appointments.mark_no_show(session, visit, by=by, at=visit.ends_at)


def cancel(session: Session, payment: Payment, by: Actor, *, hours_before: float) -> None:
    visit = visit_of(payment)
    at = visit.starts_at - timedelta(hours=hours_before)
    late = LateCancellation.NO_REFUND
    appointments.cancel(session, visit, by=by, at=at, late=late, reason="Plans changed")


def refunds(session: Session) -> list[tuple[int, str]]:
    return [(one.amount_minor, one.status) for one in session.scalars(select(Refund).order_by(Refund.id))]


def test_before_the_visit_nothing_is_earned(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    assert shares(session, cast, payment) == {"patient": -FEE}


def test_bo_earns_his_share_when_ana_has_been(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    at = complete(session, payment, cast.bo)
    assert shares(session, cast, payment) == WHOLE
    assert ledger.owed_to(session, cast.clinician.id, "GBP").minor == 4500
    lines = session.scalars(select(LedgerEntry).where(LedgerEntry.reason == Reason.EARNED)).all()
    assert {line.created_at for line in lines} == {at}


def test_being_told_again_earns_nothing_more(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    at = complete(session, payment, cast.bo)
    for _ in range(3):
        publish(session, AppointmentCompleted(visit_of(payment).id, cast.bo, at))
        publish(session, PaymentReceived(payment.id, at))
    assert shares(session, cast, payment) == WHOLE


def test_what_went_back_before_the_visit_is_not_earned(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    refund = refunding.queue(session, payment.id, 2400, reason="Shorter", by=cast.ada, at=NOW)
    complete(session, payment, cast.bo)
    assert shares(session, cast, payment) == {
        "patient": -2400,
        "clinician": -2700,
        "platform": -300,
        "tax": -600,
    }
    refunding.record(session, refund.id, RefundState.DONE, at=NOW)
    assert shares(session, cast, payment) == {"clinician": -2700, "platform": -300, "tax": -600}


def test_what_is_refunded_after_the_visit_each_gives_back_in_proportion(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    complete(session, payment, cast.bo)
    refund = refunding.queue(session, payment.id, 3000, reason="A complaint", by=cast.ada, at=NOW)
    assert shares(session, cast, payment) == WHOLE
    refunding.record(session, refund.id, RefundState.DONE, at=NOW)
    assert shares(session, cast, payment) == {"clinician": -2250, "platform": -250, "tax": -500}


def test_of_a_visit_that_ana_missed_all_is_earned_unless_the_practice_says_otherwise(
    session: Session, cast: Cast
) -> None:
    payment = a_paid(session, cast)
    miss(session, payment, cast.bo)
    assert refunds(session) == []
    assert shares(session, cast, payment) == WHOLE


def test_of_a_visit_that_ana_missed_the_fee_for_that_is_earned_and_the_rest_goes_back(
    session: Session, cast: Cast, practice: policy.Policy
) -> None:
    policy.configure(replace(practice, no_show_fee_percent=40))
    payment = a_paid(session, cast, method=Method.TERMINAL)
    miss(session, payment, cast.bo)
    assert refunds(session) == [(3600, "PENDING")]
    assert shares(session, cast, payment) == {
        "patient": -3600,
        "clinician": -1800,
        "platform": -200,
        "tax": -400,
    }


def test_without_a_fee_whoever_misses_a_visit_gets_everything_back(
    session: Session, cast: Cast, practice: policy.Policy
) -> None:
    policy.configure(replace(practice, no_show_fee_percent=0))
    payment = a_paid(session, cast)
    miss(session, payment, cast.bo)
    assert refunds(session) == [(FEE, "PENDING")]
    assert shares(session, cast, payment) == {"patient": -FEE}


def test_a_visit_cancelled_in_time_earns_nothing(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    cancel(session, payment, cast.ana, hours_before=24.5)
    assert refunds(session) == [(FEE, "PENDING")]
    assert shares(session, cast, payment) == {"patient": -FEE}


def test_what_the_practice_keeps_of_a_visit_cancelled_too_late_is_earned(
    session: Session, cast: Cast, practice: policy.Policy
) -> None:
    policy.configure(replace(practice, late_fee_percent=50))
    payment = a_paid(session, cast)
    cancel(session, payment, cast.ana, hours_before=1)
    assert refunds(session) == [(3000, "PENDING")]
    assert shares(session, cast, payment) == {
        "patient": -3000,
        "clinician": -2250,
        "platform": -250,
        "tax": -500,
    }


def test_what_the_clinician_cancels_earns_nothing_however_late(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    cancel(session, payment, cast.bo, hours_before=1)
    assert refunds(session) == [(FEE, "PENDING")]
    assert shares(session, cast, payment) == {"patient": -FEE}


def test_what_is_paid_after_the_visit_is_earned_at_once(session: Session, cast: Cast) -> None:
    visit = a_visit(session, cast)
    appointments.complete(session, visit, by=cast.bo, at=visit.ends_at)
    payment = a_paid(session, cast, appointment_id=visit.id, method=Method.CASH)
    publish(session, PaymentReceived(payment.id, visit.ends_at))
    assert shares(session, cast, payment) == WHOLE


def test_what_is_paid_after_a_missed_visit_is_the_fee_for_that(
    session: Session, cast: Cast, practice: policy.Policy
) -> None:
    policy.configure(replace(practice, no_show_fee_percent=50))
    visit = a_visit(session, cast)
    appointments.mark_no_show(session, visit, by=cast.bo, at=visit.ends_at)
    payment = a_paid(session, cast, appointment_id=visit.id)
    publish(session, PaymentReceived(payment.id, visit.ends_at))
    assert refunds(session) == [(3000, "PENDING")]
    assert shares(session, cast, payment)["clinician"] == -2250


def test_a_visit_that_is_paid_twice_is_earned_once(session: Session, cast: Cast) -> None:
    first = a_paid(session, cast)
    at = complete(session, first, cast.bo)
    second = a_paid(session, cast, appointment_id=first.appointment_id)
    publish(session, PaymentReceived(second.id, at))
    assert shares(session, cast, second) == {"patient": -FEE}


def test_money_that_has_not_come_is_not_earned(session: Session, cast: Cast) -> None:
    payment = a_payment(session, cast)
    complete(session, payment, cast.bo)
    assert shares(session, cast, payment) == {}


def test_credits_are_worth_money_to_bo(session: Session, cast: Cast) -> None:
    a_paid_for_credits(session, cast, 10, 1000)
    payment = a_paid(session, cast, method=Method.CREDITS, credits=4, amount_minor=400)
    complete(session, payment, cast.bo)
    assert ledger.owed_to(session, cast.clinician.id, "GBP").minor == 300


def test_the_practice_may_keep_everything_or_nothing(
    session: Session, cast: Cast, practice: policy.Policy
) -> None:
    policy.configure(replace(practice, platform_fee_percent=100))
    kept = a_paid(session, cast)
    complete(session, kept, cast.bo)
    assert shares(session, cast, kept) == {"platform": -5000, "tax": -1000}
    policy.configure(replace(practice, platform_fee_percent=0))
    given = a_paid(session, cast)
    complete(session, given, cast.bo)
    assert shares(session, cast, given) == {"clinician": -5000, "tax": -1000}


def test_a_visit_that_a_subscription_covers_earns_its_part_of_it_and_never_more_than_is_left(
    session: Session, cast: Cast
) -> None:
    visits = [a_visit(session, cast) for _ in range(2)]
    payment = a_subscription(session, cast)
    for visit in visits:
        earning.earn_covered(session, payment, visit, worth_minor=4000, at=visit.ends_at)
    check_the_ledger(session)
    assert ledger.owed_to(session, cast.clinician.id, "GBP").minor == 4500
    earned = select(LedgerEntry.appointment_id).where(LedgerEntry.account == f"clinician:{cast.clinician.id}")
    assert session.scalars(earned.order_by(LedgerEntry.id)).all() == [visit.id for visit in visits]


def a_subscription(session: Session, cast: Cast) -> Payment:
    return a_paid(session, cast, purpose=Purpose.SUBSCRIPTION)
