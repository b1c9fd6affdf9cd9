"""Whatever the code above it does, the database keeps the books in order."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.db import in_transaction, violated_constraint
from portal.core.money import Money
from portal.payments import ledger
from portal.payments.book_models import LedgerEntry, Reason
from portal.payments.errors import PaymentNotPossible, RefundNotAllowed, Unbalanced
from portal.payments.gateways import Provider
from portal.payments.models import Method, PaymentStatus, Purpose, WebhookEvent
from portal.payments.postings import Entry
from tests.cast import Cast
from tests.conftest import NOW
from tests.payments.paying import (
    FEE,
    a_paid,
    a_paid_for_credits,
    a_payment,
    a_refund,
    a_visit,
    bounce,
    check_the_ledger,
    settle,
)


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


def entries_of(session: Session, *amounts: tuple[str, str, int]) -> None:
    """Lines of one transaction, past everything that checks them but the database."""
    key = "6f6f1c0e-2e0a-4ac1-9d3f-000000000001"
    for account, currency, minor in amounts:
        session.execute(
            text(
                "INSERT INTO ledger_entry (transaction_key, account, currency, amount_minor, reason, created_at) "
                "VALUES (:key, :account, :currency, :minor, 'PAID_OUT', now())"
            ),
            {"key": key, "account": account, "currency": currency, "minor": minor},
        )


@pytest.mark.parametrize(
    "amounts",
    [
        [("bank", "GBP", 100)],
        [("bank", "GBP", 100), ("platform", "GBP", -99)],
        [("bank", "GBP", 100), ("platform", "EUR", -100)],
    ],
)
def test_a_transaction_that_makes_or_loses_money_is_not_committed(
    session: Session, amounts: list[tuple[str, str, int]]
) -> None:
    entries_of(session, *amounts)
    with pytest.raises(IntegrityError) as refused:
        check_the_ledger(session)
    assert violated_constraint(refused.value) == "ck_ledger_entry_balanced"


def test_a_transaction_in_two_currencies_is_balanced_in_each(session: Session) -> None:
    entries_of(
        session, ("bank", "GBP", 5), ("tax", "GBP", -5), ("credits:7", "XCR", 2), ("platform", "XCR", -2)
    )
    check_the_ledger(session)
    assert ledger.balances(session, ["bank", "credits:7"]) == {("bank", "GBP"): 5, ("credits:7", "XCR"): 2}


def test_what_does_not_balance_is_not_even_written(session: Session) -> None:
    with pytest.raises(Unbalanced):
        ledger.post(session, Entry("bank", Money(5, "GBP")), reason=Reason.PAID_OUT, at=NOW)


@pytest.mark.parametrize("table", ["ledger_entry", "receipt"])
@pytest.mark.parametrize(
    "change", ["UPDATE {} SET currency = 'EUR'", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_the_books_cannot_be_changed(session: Session, change: str, table: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        session.execute(text(change.format(table)))
    assert violated_constraint(refused.value) == f"ck_{table}_stays"


@pytest.mark.parametrize("account", ["patient:", "patient:0", "patient:x", "patient:1 ", "somebody", ""])
def test_an_account_that_nobody_knows_gets_nothing(session: Session, account: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        entries_of(session, (account, "GBP", 5))
    assert violated_constraint(refused.value) == "ck_ledger_entry_account_known"


def test_a_payment_is_written_into_the_ledger_once(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    with pytest.raises(IntegrityError) as refused:
        ledger.record_paid(session, payment, at=NOW)
    assert violated_constraint(refused.value) == "uq_ledger_entry_once"


def test_a_refund_that_is_told_twice_is_refused_in_words(session: Session, cast: Cast) -> None:
    refund = settle(session, a_refund(session, a_paid(session, cast), 1000))
    with pytest.raises(PaymentNotPossible):
        in_transaction(session, lambda: ledger.record_refund(session, refund, at=NOW))


def test_refunds_never_exceed_what_was_paid(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    a_refund(session, payment, FEE - 1)
    a_refund(session, payment, 1)
    with pytest.raises(RefundNotAllowed):
        in_transaction(session, lambda: a_refund(session, payment, 1))


def test_a_refund_cannot_grow_beyond_what_was_paid(session: Session, cast: Cast) -> None:
    refund = a_refund(session, a_paid(session, cast), FEE)
    refund.amount_minor += 1
    with pytest.raises(IntegrityError) as refused:
        session.flush()
    assert violated_constraint(refused.value) == "ck_refund_within_paid"


def test_many_refunds_in_one_statement_are_counted_together(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    statement = (
        "INSERT INTO refund (payment_id, amount_minor, created_at) "
        "SELECT :id, :minor, now() FROM generate_series(1, 3)"
    )
    with pytest.raises(IntegrityError) as refused:
        session.execute(text(statement), {"id": payment.id, "minor": FEE // 2})
    assert violated_constraint(refused.value) == "ck_refund_within_paid"


def test_a_refund_that_failed_makes_room_for_another(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    bounce(session, a_refund(session, payment, FEE))
    assert a_refund(session, payment, FEE).id


def test_nothing_is_refunded_of_a_payment_that_did_not_arrive(session: Session, cast: Cast) -> None:
    with pytest.raises(IntegrityError) as refused:
        a_refund(session, a_payment(session, cast), 1)
    assert violated_constraint(refused.value) == "ck_refund_within_paid"


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"amount_minor": 0}, "ck_payment_amount_positive"),
        ({"currency": "gbp"}, "ck_payment_currency_iso"),
        ({"provider": None}, "ck_payment_online_has_provider"),
        ({"provider": "PAYBUDDY"}, "ck_payment_provider_known"),
        ({"method": Method.CASH, "centre_id": None}, "ck_payment_taken_at_centre"),
        ({"method": Method.CASH, "provider": Provider.STRIPE}, "ck_payment_online_has_provider"),
        ({"status": PaymentStatus.PAID}, "ck_payment_paid_has_time"),
        ({"paid_at": NOW}, "ck_payment_paid_has_time"),
        ({"purpose": Purpose.CREDITS}, "ck_payment_credits_counted"),
        ({"purpose": Purpose.CREDITS, "credits": 0}, "ck_payment_credits_have_owner"),
        ({"purpose": Purpose.CREDITS, "credits": 1, "account_id": None}, "ck_payment_credits_have_owner"),
        (
            {"purpose": Purpose.CREDITS, "credits": 1, "method": Method.CREDITS},
            "ck_payment_credits_cost_money",
        ),
        ({"purpose": Purpose.SUBSCRIPTION, "patient_id": None}, "ck_payment_has_patient"),
        ({"appointment_id": None}, "ck_payment_purpose_has_subject"),
    ],
)
def test_a_payment_that_makes_no_sense_is_refused(
    session: Session, cast: Cast, changes: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError) as refused:
        a_payment(session, cast, **changes)
    assert violated_constraint(refused.value) == constraint


def test_a_visit_has_one_open_page_to_pay_at_and_one_link(session: Session, cast: Cast) -> None:
    visit = a_visit(session, cast)
    a_payment(session, cast, appointment_id=visit.id)
    a_payment(session, cast, appointment_id=visit.id, is_link=True)
    with pytest.raises(IntegrityError) as refused:
        a_payment(session, cast, appointment_id=visit.id)
    assert violated_constraint(refused.value) == "uq_payment_open"


def test_whoever_buys_credits_may_buy_more_meanwhile(session: Session, cast: Cast) -> None:
    a_paid_for_credits(session, cast, 1, 100)
    for _ in range(2):
        a_payment(session, cast, purpose=Purpose.CREDITS, credits=1, amount_minor=100)
    assert ledger.credits_left(session, cast.ana.account_id or 0) == 1


def test_a_webhook_that_comes_twice_is_in_the_inbox_once(session: Session) -> None:
    def told(provider: Provider) -> WebhookEvent:
        return WebhookEvent(
            provider=provider, event_id="evt_1", name="x", about="OTHER", body_hash="", received_at=NOW
        )

    session.add_all([told(Provider.STRIPE), told(Provider.RAZORPAY)])
    session.flush()
    session.add(told(Provider.STRIPE))
    with pytest.raises(IntegrityError) as refused:
        session.flush()
    assert violated_constraint(refused.value) == "uq_webhook_event_provider_event_id"


def test_an_entry_of_nothing_is_left_out(session: Session) -> None:
    entries = Entry("bank", Money(0, "GBP")), Entry("tax", Money(0, "GBP"))
    key = ledger.post(session, *entries, reason=Reason.PAID_OUT, at=NOW)
    assert session.query(LedgerEntry).filter_by(transaction_key=key).count() == 0
