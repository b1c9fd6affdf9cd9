"""Payments for tests, as the database wants them.

payment = a_payment(session, cast)                       # Ana owes £60 for a visit to Bo, by card
payment = a_paid(session, cast, method=Method.CASH)      # it arrived, and is in the ledger
refund = a_refund(session, payment, 1000)                # asked for; settle(session, refund) when it arrived
bought = a_paid_for_credits(session, cast, 10, 1000)     # Ana's account has ten credits for £10
subscription = a_subscription(session, cast)             # Ana's, of four visits in the month that begins now
"""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.payments import ledger, receipts, rules
from portal.payments.book_models import Receipt
from portal.payments.gateways import Provider, RefundState
from portal.payments.models import Method, Payment, PaymentStatus, Purpose, Refund
from portal.payments.paying_out import pay_out
from portal.payments.payout_models import Payout
from portal.payments.rules import Split, TaxRate
from portal.payments.subscription_models import Subscription, SubscriptionStatus
from portal.people.models import Clinician
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import an_appointment

FEE = 6000
TAXES = [TaxRate("VAT", 2000)]


def a_visit(session: Session, cast: Cast) -> Appointment:
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, by=cast.ana)


def a_payment(session: Session, cast: Cast, **changes: Any) -> Payment:
    """A pending payment, of an appointment unless `changes`, its columns, say what else."""
    facts: dict[str, Any] = {
        "purpose": Purpose.APPOINTMENT,
        "patient_id": cast.patient.id,
        "account_id": cast.ana.account_id,
        "centre_id": cast.leeds.id,
        "method": Method.ONLINE,
        "amount_minor": FEE,
        "currency": "GBP",
        "created_at": NOW,
        "updated_at": NOW,
        **changes,
    }
    if facts["method"] == Method.ONLINE:
        facts.setdefault("provider", Provider.STRIPE)
    if facts["purpose"] == Purpose.APPOINTMENT and "appointment_id" not in facts:
        facts["appointment_id"] = a_visit(session, cast).id
    if facts["purpose"] == Purpose.SUBSCRIPTION:
        facts = {"subscription_id": a_subscription(session, cast).id, "months": 1, **facts}
    payment = Payment(**facts)
    session.add(payment)
    session.flush()
    return payment


def a_paid(session: Session, cast: Cast, **changes: Any) -> Payment:
    """A payment that arrived."""
    payment = a_payment(session, cast, status=PaymentStatus.PAID, paid_at=NOW, **changes)
    ledger.record_paid(session, payment, at=NOW)
    return payment


def a_subscription(session: Session, cast: Cast, **changes: Any) -> Subscription:
    """Ana's, of four visits in a month that began now, unless `changes`, its columns, say otherwise."""
    facts: dict[str, Any] = {
        "patient_id": cast.patient.id,
        "status": SubscriptionStatus.ACTIVE,
        "provider": Provider.STRIPE,
        "amount_minor": 12000,
        "currency": "GBP",
        "months": 1,
        "visits": 4,
        "starts_at": NOW,
        "ends_at": NOW + timedelta(days=31),
        "created_at": NOW,
        "updated_at": NOW,
        **changes,
    }
    subscription = Subscription(**facts)
    session.add(subscription)
    session.flush()
    return subscription


def a_paid_for_credits(session: Session, cast: Cast, count: int, minor: int) -> Payment:
    return a_paid(session, cast, purpose=Purpose.CREDITS, credits=count, amount_minor=minor)


def a_receipt(session: Session, payment: Payment) -> Receipt:
    """The receipt of a payment that arrived."""
    return receipts.issue_for(session, payment, at=NOW, zone=ZoneInfo("Europe/London"))


def a_refund(session: Session, payment: Payment, minor: int, **changes: Any) -> Refund:
    """A refund that was asked for."""
    refund = Refund(payment_id=payment.id, amount_minor=minor, created_at=NOW, **changes)
    session.add(refund)
    session.flush()
    return refund


def settle(session: Session, refund: Refund) -> Refund:
    """The refund arrived."""
    ledger.record_refund(session, refund, at=NOW)
    refund.status, refund.settled_at = RefundState.DONE, NOW
    session.flush()
    return refund


def bounce(session: Session, refund: Refund) -> None:
    """The refund came back, or never left."""
    ledger.record_failed_refund(session, refund, at=NOW)
    refund.status, refund.settled_at = RefundState.FAILED, NOW
    session.flush()


def a_payout(session: Session, cast: Cast, clinician: Clinician, minor: int = FEE) -> Payout:
    """The clinician earned so much with a visit, and was paid it."""
    split = Split(minor, platform_minor=0)
    payment = a_paid(session, cast, amount_minor=minor)
    ledger.record_earned(session, payment, split, clinician_id=clinician.id, at=NOW)
    return pay_out(session, clinician.id, currency="GBP", by=cast.ada, at=NOW)


def check_the_ledger(session: Session) -> None:
    """What the database checks at the commit, now."""
    session.flush()
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS ALL DEFERRED"))


def standing(session: Session, payment: Payment) -> dict[str, int]:
    """What each account got or gave through a payment, in its currency."""
    check_the_ledger(session)
    sums = ledger.balances_of_payment(session, payment.id)
    return {account: minor for (account, currency), minor in sums.items() if currency == payment.currency}


def earn(session: Session, cast: Cast, payment: Payment, minor: int = FEE) -> None:
    """Bo has seen Ana; the platform keeps a tenth."""
    split = rules.split_fee(minor, taxes=TAXES, platform_basis_points=1000)
    ledger.record_earned(session, payment, split, clinician_id=cast.clinician.id, at=NOW)
