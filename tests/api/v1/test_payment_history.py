"""Payments and refunds in the API: who reads which, what goes back to whom, and visits with their money."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core import clock
from portal.payments.models import Payment
from tests.api.client import data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.payments.paying import a_paid, a_paid_for_credits, a_payment, a_refund, settle
from tests.web.helpers import counted


@pytest.fixture
def paid(session: Session, cast: Cast) -> Payment:
    return a_paid(session, cast, transaction_id="pay_1", instrument="upi")


@pytest.fixture
def visit(session: Session, paid: Payment) -> Appointment:
    return session.get_one(Appointment, paid.appointment_id)


def test_ana_lists_what_she_has_paid(cast: Cast, program: ProgramOf, paid: Payment) -> None:
    [listed] = data_of(program(cast.ana).get("/payments"))
    expected = {
        "id": paid.id,
        "purpose": "APPOINTMENT",
        "appointmentId": paid.appointment_id,
        "clinicianName": "Dr Bo Larsen",
        "patientName": "Ana Silva",
        "amount": 60.0,
        "refundedAmount": 0.0,
        "currency": "GBP",
        "status": "PAID",
        "paymentMethod": "UPI",
        "provider": "STRIPE",
        "transactionId": "pay_1",
        "createdAt": "2026-03-02T09:00:00Z",
        "paidAt": "2026-03-02T09:00:00Z",
    }
    assert expected.items() <= listed.items()


@pytest.mark.parametrize(
    ("who", "sees"), [("fay", 1), ("bo", 1), ("ada", 1), ("zack", 0), ("zoe", 0), ("zora", 0)]
)
def test_each_lists_what_is_theirs(
    cast: Cast, program: ProgramOf, paid: Payment, who: str, sees: int
) -> None:
    assert len(data_of(program(getattr(cast, who)).get("/payments"))) == sees


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ({"status": "paid"}, True),
        ({"status": "succeeded"}, True),
        ({"status": "captured"}, True),
        ({"status": "REFUND_PENDING"}, False),
        ({"purpose": "appointment"}, True),
        ({"purpose": "CREDITS"}, False),
        ({"startDate": "2026-03-02", "endDate": "2026-03-02"}, True),
        ({"startDate": "2026-03-03"}, False),
        ({"endDate": "2026-03-01"}, False),
        ({"appointmentId": 999999}, False),
    ],
)
def test_the_list_is_narrowed(
    cast: Cast, program: ProgramOf, paid: Payment, query: dict[str, Any], finds: bool
) -> None:
    assert bool(data_of(program(cast.fay).get("/payments", **query))) is finds


def test_the_payments_of_an_appointment_are_asked_for_by_its_id(
    cast: Cast, program: ProgramOf, paid: Payment
) -> None:
    fay = program(cast.fay)
    [found] = data_of(fay.get("/payments", appointmentId=paid.appointment_id, patientId=cast.patient.id))
    assert found["id"] == paid.id


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "DONE"}, "status"),
        ({"startDate": "soon"}, "startDate"),
        ({"startDate": "2026-03-02", "endDate": "2026-03-01"}, "endDate"),
        ({"page": 0}, "page"),
    ],
)
def test_what_cannot_be_asked_is_named(
    cast: Cast, program: ProgramOf, query: dict[str, Any], field: str
) -> None:
    answer = program(cast.fay).get("/payments", **query)
    assert (refusal_of(answer), list(details_of(answer))) == ((400, "VALIDATION_ERROR"), [field])


def test_the_list_asks_the_database_little_however_long_it_is(
    session: Session, cast: Cast, program: ProgramOf, paid: Payment
) -> None:
    fay = program(cast.fay)
    a_refund(session, paid, 100)

    def queries() -> int:
        session.flush()
        with counted() as found:
            fay.get("/payments")
        return len(found)

    few = queries()
    for _ in range(4):
        a_refund(session, a_paid(session, cast), 100)
    assert queries() == few


def test_one_payment_comes_with_its_refunds(
    session: Session, cast: Cast, program: ProgramOf, paid: Payment
) -> None:
    settle(session, a_refund(session, paid, 1000, reason="Short", by_name="Max"))
    a_refund(session, paid, 500, reason="Sorry", by_name="Max")
    session.expire_all()
    [done, pending] = data_of(program(cast.ana).get(f"/payments/{paid.id}"))["refunds"]
    assert (done["amount"], done["status"], done["reason"], done["byName"]) == (10.0, "DONE", "Short", None)
    assert (done["estimatedRefundDate"], pending["estimatedRefundDate"]) == (None, "2026-03-09")
    assert (pending["amount"], pending["status"], pending["settledAt"]) == (5.0, "PENDING", None)
    [shown, _] = data_of(program(cast.fay).get(f"/payments/{paid.id}"))["refunds"]
    assert shown["byName"] == "Max"


def test_staff_give_part_of_it_back(cast: Cast, program: ProgramOf, paid: Payment) -> None:
    max_ = program(cast.max)
    answer = max_.post(f"/payments/{paid.id}/refunds", {"amount": 12.5, "reason": "Short"})
    assert answer.status_code == 201
    made = data_of(answer)
    assert made.pop("id") > 0
    assert made == {
        "paymentId": paid.id,
        "status": "REFUND_PENDING",
        "refundAmount": 12.5,
        "currency": "GBP",
        "estimatedRefundDate": "2026-03-09",
    }
    rest = data_of(max_.post(f"/payments/{paid.id}/refunds", {"reason": "All of it"}))
    assert rest["refundAmount"] == 47.5
    more = max_.post(f"/payments/{paid.id}/refunds", {"reason": "More"})
    assert refusal_of(more) == (409, "REFUND_NOT_ALLOWED")


def test_a_refund_that_is_sent_twice_with_one_key_happens_once(
    cast: Cast, program: ProgramOf, paid: Payment
) -> None:
    max_, body = program(cast.max), {"amount": 10, "reason": "Short"}
    first, again = (max_.post(f"/payments/{paid.id}/refunds", body, key="once") for _ in range(2))
    assert data_of(first) == data_of(again)
    other = max_.post(f"/payments/{paid.id}/refunds", {**body, "amount": 20}, key="once")
    assert refusal_of(other) == (409, "CONFLICT")
    assert len(data_of(max_.get(f"/payments/{paid.id}"))["refunds"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": " "}, "reason"),
        ({"reason": "x", "amount": 12.345}, "amount"),
        ({"reason": "x", "amount": -1}, "amount"),
        ({"reason": "x", "amount": "all"}, "amount"),
        ({"reason": "x" * 201}, "reason"),
    ],
)
def test_what_cannot_be_given_back_is_named(
    cast: Cast, program: ProgramOf, paid: Payment, body: dict[str, Any], field: str
) -> None:
    answer = program(cast.max).post(f"/payments/{paid.id}/refunds", body)
    assert (refusal_of(answer), list(details_of(answer))) == ((400, "VALIDATION_ERROR"), [field])


@pytest.mark.parametrize("amount", [0, 60.01, 10**9])
def test_neither_nothing_nor_more_than_was_paid_goes_back(
    cast: Cast, program: ProgramOf, paid: Payment, amount: float
) -> None:
    answer = program(cast.max).post(f"/payments/{paid.id}/refunds", {"amount": amount, "reason": "x"})
    assert refusal_of(answer) == (409, "REFUND_NOT_ALLOWED")


def test_nothing_goes_back_of_what_was_not_paid_or_may_have_been_spent(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    unpaid, credits_ = a_payment(session, cast), a_paid_for_credits(session, cast, 10, 1000)
    max_ = program(cast.max)
    for payment, code in ((unpaid, "REFUND_NOT_ALLOWED"), (credits_, "CONFLICT")):
        answer = max_.post(f"/payments/{payment.id}/refunds", {"reason": "x"})
        assert refusal_of(answer) == (409, code)


def test_patients_get_nothing_back_for_a_visit_that_stands(
    cast: Cast, program: ProgramOf, paid: Payment
) -> None:
    answer = program(cast.ana).post(f"/payments/{paid.id}/refunds", {"reason": "I changed my mind"})
    assert refusal_of(answer) == (409, "REFUND_NOT_ALLOWED")
    assert refusal_of(program(cast.zora).post(f"/payments/{paid.id}/refunds")) == (404, "NOT_FOUND")
    assert refusal_of(program(cast.fay).post(f"/payments/{paid.id}/refunds")) == (403, "FORBIDDEN")


def test_patients_get_what_the_policy_gives_and_the_provider_had_refused(
    session: Session, cast: Cast, program: ProgramOf, paid: Payment, visit: Appointment
) -> None:
    ana = program(cast.ana)
    cancelled = data_of(ana.post(f"/appointments/{visit.id}/cancel"))
    assert (cancelled["refundInitiated"], cancelled["refundAmount"]) == (True, 60.0)
    assert (cancelled["paymentStatus"], cancelled["payment"]["status"]) == ("REFUND_PENDING",) * 2
    [refund] = paid.refunds
    refund.status, refund.settled_at = "FAILED", clock.now()
    session.flush()
    more = ana.post(f"/payments/{paid.id}/refunds", {"amount": 60.01})
    assert refusal_of(more) == (409, "REFUND_NOT_ALLOWED")
    assert data_of(ana.post(f"/payments/{paid.id}/refunds"))["refundAmount"] == 60.0
    assert refusal_of(ana.post(f"/payments/{paid.id}/refunds")) == (409, "REFUND_NOT_ALLOWED")


def test_cancelling_says_what_goes_back(
    cast: Cast, program: ProgramOf, paid: Payment, visit: Appointment
) -> None:
    answer = program(cast.ana).post(f"/appointments/{visit.id}/cancel")
    assert answer.get_json()["message"] == "Booking cancelled. Full refund will be processed."


def test_cancelling_late_gives_nothing_back_and_says_so(
    cast: Cast, program: ProgramOf, paid: Payment, visit: Appointment
) -> None:
    with clock.travel_to(visit.starts_at - timedelta(hours=3)):
        answer = program(cast.ana).post(f"/appointments/{visit.id}/cancel")
    assert answer.get_json()["message"] == "Booking cancelled. No refund available."
    done = data_of(answer)
    assert (done["refundInitiated"], done["refundAmount"], done["paymentStatus"]) == (False, 0.0, "PAID")


def test_a_visit_says_how_it_stands_with_its_money(
    session: Session, cast: Cast, program: ProgramOf, paid: Payment, visit: Appointment
) -> None:
    ana = program(cast.ana)
    [listed] = data_of(ana.get("/appointments"))
    assert listed["paymentStatus"] == "PAID"
    assert data_of(ana.get(f"/appointments/{visit.id}"))["payment"] == {
        "paymentId": paid.id,
        "status": "PAID",
        "paymentMethod": "UPI",
        "amount": 60.0,
        "refundedAmount": 0.0,
        "paidAt": "2026-03-02T09:00:00Z",
    }
