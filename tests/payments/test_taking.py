"""Fay takes money at the front desk, in cash or on the card terminal, and hands it back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.core.errors import Forbidden, Invalid
from portal.core.permissions import SYSTEM
from portal.payments import ledger, refunding, taking
from portal.payments.book_models import Receipt
from portal.payments.errors import AlreadyPaid, NotAtACentre, PaymentNotPossible
from portal.payments.gateways import RefundState
from portal.payments.models import Method, Payment, PaymentStatus, Refund
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, a_hold, an_appointment
from tests.payments.paying import FEE, a_payment, a_visit, check_the_ledger, standing


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    return a_visit(session, cast)


def take(session: Session, cast: Cast, visit: Appointment, method: Method = Method.CASH) -> Payment:
    return taking.take(session, visit, method=method, by=cast.fay, at=NOW)


@pytest.mark.parametrize(("method", "held_in"), [(Method.CASH, "cash"), (Method.TERMINAL, "terminal")])
def test_what_fay_takes_is_in_the_books_of_her_centre_with_a_receipt(
    session: Session, cast: Cast, visit: Appointment, method: Method, held_in: str
) -> None:
    payment = take(session, cast, visit, method)
    assert (payment.status, payment.paid_at, payment.taken_by_id) == ("PAID", NOW, cast.fay.account_id)
    assert standing(session, payment) == {
        f"{held_in}:{cast.leeds.id}": FEE,
        f"patient:{cast.patient.id}": -FEE,
    }
    receipt = session.scalars(select(Receipt).where(Receipt.payment_id == payment.id)).one()
    assert (receipt.amount_minor, receipt.issued_to) == (FEE, "Ana Silva")


def test_a_visit_is_paid_once(session: Session, cast: Cast, visit: Appointment) -> None:
    take(session, cast, visit)
    with pytest.raises(AlreadyPaid):
        take(session, cast, visit, Method.TERMINAL)


def test_the_page_on_which_ana_could_pay_is_closed_soon(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    page = a_payment(session, cast, appointment_id=visit.id, expires_at=NOW + timedelta(minutes=31))
    take(session, cast, visit)
    assert (page.status, page.due_at) == (PaymentStatus.FAILED, NOW)
    assert "at the centre" in page.failure


def test_the_amount_is_the_fee_and_nothing_else(session: Session, cast: Cast, visit: Appointment) -> None:
    facts = {"method": Method.CASH, "by": cast.fay, "at": NOW}
    with pytest.raises(Invalid):
        taking.take(session, visit, amount_minor=FEE - 1, **facts)  # type: ignore[arg-type]


def test_nothing_is_taken_for_what_will_not_be_or_costs_nothing(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    held = a_hold(session, cast.clinician, patient=cast.stranger)
    commands.cancel(session, visit, by=SYSTEM, at=NOW, late=LateCancellation.NO_REFUND)
    free = an_appointment(session, clinician=a_clinician(session, cast.leeds, price_minor=0))
    for hopeless in (visit, free, held):
        with pytest.raises(PaymentNotPossible):
            take(session, cast, hopeless)


def test_a_visit_without_a_centre_has_no_desk(session: Session, cast: Cast) -> None:
    online = an_appointment(session, clinician=a_clinician(session, None))
    with pytest.raises(NotAtACentre):
        taking.take(session, online, method=Method.CASH, by=cast.ada, at=NOW)


@pytest.mark.parametrize("who", ["zack", "bo", "ana"])
def test_only_the_desk_of_that_centre_takes_its_money(
    session: Session, cast: Cast, visit: Appointment, who: str
) -> None:
    with pytest.raises(Forbidden):
        taking.take(session, visit, method=Method.CASH, by=getattr(cast, who), at=NOW)
    payment = take(session, cast, visit)
    refund = refunding.queue(session, payment.id, FEE, reason="Sorry", by=cast.max, at=NOW)
    with pytest.raises(Forbidden):
        taking.hand_over(session, refund, by=getattr(cast, who), at=NOW)


def test_cash_goes_back_when_it_is_in_anas_hands(session: Session, cast: Cast, visit: Appointment) -> None:
    payment = take(session, cast, visit)
    commands.cancel(session, visit, by=cast.ana, at=NOW, late=LateCancellation.NO_REFUND)
    refund = session.scalars(select(Refund)).one()
    assert (payment.status, refund.status) == (PaymentStatus.REFUND_PENDING, RefundState.PENDING)
    assert refunding.claim_due(session, limit=9, at=NOW, lease=timedelta(minutes=1)) == []
    for _ in range(2):
        taking.hand_over(session, refund, by=cast.fay, at=NOW)
    assert (payment.status, refund.status) == (PaymentStatus.REFUNDED, RefundState.DONE)
    assert ledger.balance(session, f"cash:{cast.leeds.id}", "GBP").minor == 0
    check_the_ledger(session)


def test_what_was_paid_by_card_on_the_internet_is_nothing_to_hand_over(session: Session, cast: Cast) -> None:
    online = a_payment(session, cast, status="PAID", paid_at=NOW)
    ledger.record_paid(session, online, at=NOW)
    refund = refunding.queue(session, online.id, FEE, reason="Sorry", by=cast.max, at=NOW)
    with pytest.raises(PaymentNotPossible):
        taking.hand_over(session, refund, by=cast.fay, at=NOW)


def test_after_all_of_it_went_back_the_visit_can_be_paid_again(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    first = take(session, cast, visit)
    refund = refunding.queue(session, first.id, FEE, reason="Wrong note", by=cast.max, at=NOW)
    taking.hand_over(session, refund, by=cast.fay, at=NOW)
    take(session, cast, visit, Method.TERMINAL)
    assert session.scalar(select(func.count(Receipt.id))) == 2


def test_who_lost_the_permission_takes_nothing(session: Session, cast: Cast, visit: Appointment) -> None:
    with pytest.raises(Forbidden):
        taking.take(session, visit, method=Method.CASH, by=replace(cast.fay, role=None), at=NOW)
