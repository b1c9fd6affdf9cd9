"""The money of the demo: its books balance and agree with its payments, as if the commands had written them."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.payments import ledger, statements
from portal.payments.book_models import DocumentNumber, Receipt
from portal.payments.models import Method, Payment, PaymentStatus, Refund
from portal.payments.payout_models import Payout
from portal.payments.rules import paid_of, status_of
from portal.people.models import Clinician
from tests.conftest import NOW

pytestmark = pytest.mark.slow

UNBALANCED = """
    SELECT count(*) FROM (
        SELECT 1 FROM ledger_entry GROUP BY transaction_key, currency HAVING sum(amount_minor) <> 0) AS wrong"""
HELD = """
    SELECT count(*) FROM (
        SELECT payment.id FROM payment
        LEFT JOIN ledger_entry ON payment_id = payment.id AND account ~ '^(provider|cash|terminal):'
        GROUP BY payment.id
        HAVING coalesce(sum(ledger_entry.amount_minor), 0) <> CASE WHEN paid_at IS NULL THEN 0 ELSE
            payment.amount_minor - coalesce((SELECT sum(amount_minor) FROM refund
                WHERE payment_id = payment.id AND status = 'DONE'), 0) END) AS wrong"""
UNEARNED = """
    SELECT count(*) FROM (
        SELECT payment_id FROM ledger_entry JOIN payment ON payment.id = payment_id
        JOIN appointment ON appointment.id = payment.appointment_id
        WHERE account LIKE 'patient:%' AND appointment.status <> 'CONFIRMED' GROUP BY payment_id, appointment.status
        HAVING sum(ledger_entry.amount_minor) <> 0) AS wrong"""


def test_the_ledger_balances_and_holds_what_was_paid(looking: Session) -> None:
    for wrong in (UNBALANCED, HELD, UNEARNED):
        assert looking.scalar(text(wrong)) == 0, wrong


def test_most_visits_were_paid_in_one_way_or_another_and_some_went_back(looking: Session) -> None:
    found = looking.execute(
        select(Payment.method, Payment.status, func.count()).group_by(Payment.method, Payment.status)
    )
    counted = {(method, status): count for method, status, count in found}
    assert counted[Method.ONLINE, PaymentStatus.PAID] > 100
    assert counted[Method.TERMINAL, PaymentStatus.PAID] > counted[Method.CASH, PaymentStatus.PAID] > 20
    assert counted[Method.ONLINE, PaymentStatus.FAILED] >= 5
    assert counted[Method.ONLINE, PaymentStatus.REFUNDED] >= 5
    assert (
        sum(count for (_, status), count in counted.items() if status == PaymentStatus.PARTIALLY_REFUNDED)
        >= 2
    )
    assert not any(status == PaymentStatus.PENDING for _, status in counted)
    seen = select(func.count()).select_from(Appointment).where(Appointment.status == Status.COMPLETED)
    unpaid = seen.where(~select(Payment.id).where(Payment.appointment_id == Appointment.id).exists())
    assert 0 < (looking.scalar(unpaid) or 0) < (looking.scalar(seen) or 0) / 20


def test_each_payment_is_as_its_refunds_have_left_it(looking: Session) -> None:
    for payment in looking.scalars(select(Payment).where(Payment.paid_at.is_not(None))):
        assert payment.status == status_of(paid_of(payment))
    assert looking.scalar(select(func.max(Payment.updated_at))) <= NOW  # type: ignore[operator]
    assert looking.scalar(select(func.max(Refund.settled_at))) <= NOW  # type: ignore[operator]


def test_every_payment_has_a_receipt_and_their_numbers_have_no_gaps(looking: Session) -> None:
    for document, last in ((Receipt, "RECEIPT"), (Payout, "STATEMENT")):
        rows = looking.execute(
            select(document.year, document.number).order_by(document.year, document.number)
        )
        by_year: dict[int, list[int]] = {}
        for year, number in rows:
            by_year.setdefault(year, []).append(number)
        for year, numbers in by_year.items():
            assert numbers == list(range(1, len(numbers) + 1))
            of_year = select(DocumentNumber.last).where(
                DocumentNumber.kind == last, DocumentNumber.year == year
            )
            assert looking.scalar(of_year) == len(numbers)
    paid = select(func.count()).select_from(Payment).where(Payment.paid_at.is_not(None))
    assert looking.scalar(select(func.count()).select_from(Receipt)) == looking.scalar(paid)


def test_clinicians_were_paid_out_what_their_statements_say(looking: Session) -> None:
    payouts = looking.scalars(select(Payout)).all()
    assert len(payouts) >= 10
    for payout in payouts:
        statement = statements.statement_of(looking, payout)
        assert (statement.brought_forward_minor, statement.left_minor) == (0, 0)
        assert statement.lines
        assert all(line.at < payout.made_at for line in statement.lines)
    by_currency = select(Payout.currency, func.sum(Payout.amount_minor)).group_by(Payout.currency)
    paid = dict(looking.execute(by_currency).all())
    assert {currency: -ledger.balance(looking, "bank", currency).minor for currency in paid} == paid


def test_everybody_who_sees_patients_is_still_owed_something(looking: Session) -> None:
    earning = looking.scalars(select(Clinician).where(Clinician.is_active)).all()
    owed = [ledger.owed_to(looking, clinician.id, clinician.currency).minor for clinician in earning]
    assert sum(minor > 0 for minor in owed) >= len(owed) - 1
    assert min(owed) >= 0
