"""What a receipt says: who issued it, to whom, for what, with which taxes; and what went back since."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.core.errors import Forbidden, NotFound
from portal.core.permissions import SYSTEM, Actor
from portal.payments import policy, receipts
from portal.payments.book_models import Document, Receipt
from portal.payments.documents import Paper
from portal.payments.documents.receipt import receipt_paper
from portal.payments.documents.wording import Reader
from portal.payments.errors import PaymentNotPossible
from portal.payments.models import Method, Payment, Purpose
from portal.payments.rules import TaxRate
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.conftest import NOW
from tests.payments.paying import a_paid, a_paid_for_credits, a_payment, a_receipt, a_refund, bounce, settle

LONDON = ZoneInfo("Europe/London")
READER = Reader(Locale("en", "GB"), str)
VAT = TaxRate("VAT", 2000)


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def practice() -> Iterator[policy.Policy]:
    """Mill Lane Practice, which pays VAT."""
    before = policy.current()
    chosen = replace(
        before, name="Mill Lane Practice", address="1 Mill Lane\nLeeds", tax_number="GB 123", tax_rates=(VAT,)
    )
    policy.configure(chosen)
    yield chosen
    policy.configure(before)


def paper(receipt: Receipt, reader: Reader = READER) -> Paper:
    return receipt_paper(receipt, reader, LONDON)


def totals(receipt: Receipt) -> list[tuple[str, str]]:
    return [(total.label, total.figure) for total in paper(receipt).totals]


def test_ana_reads_who_got_her_money_for_what(session: Session, cast: Cast, practice: policy.Policy) -> None:
    payment = a_paid(session, cast, instrument="card", transaction_id="pi_1")
    shown = paper(a_receipt(session, payment))
    assert (shown.title, shown.number) == ("Invoice and receipt", "R-2026-000001")
    assert shown.issuer == ("Mill Lane Practice", "1 Mill Lane", "Leeds", "Tax number: GB 123")
    assert shown.facts == (
        ("Date", "2 March 2026"),
        ("Issued to", "Ana Silva"),
        ("Visit", "3 March 2026"),
        ("Paid by", "Card"),
        ("Transaction", "pi_1"),
    )
    assert shown.rows == (("Consultation, Dr Bo Larsen", "£60.00"),)


def test_the_taxes_in_the_price_are_told_apart(session: Session, cast: Cast, practice: policy.Policy) -> None:
    receipt = a_receipt(session, a_paid(session, cast))
    assert receipt.tax_lines == [{"name": "VAT", "basis_points": 2000, "minor": 1000}]
    assert totals(receipt) == [("Net", "£50.00"), ("VAT 20%", "£10.00"), ("Total paid", "£60.00")]


def test_without_taxes_it_is_a_receipt_and_no_invoice(session: Session, cast: Cast) -> None:
    receipt = a_receipt(session, a_paid(session, cast))
    assert paper(receipt).title == "Receipt"
    assert totals(receipt) == [("Total paid", "£60.00")]


def test_a_practice_without_an_address_has_that_of_the_centre(session: Session, cast: Cast) -> None:
    cast.leeds.name, cast.leeds.address = "Riverside", "1 Mill Lane"
    shown = paper(a_receipt(session, a_paid(session, cast)))
    assert shown.issuer == ("Bookable", "Riverside", "1 Mill Lane", "Leeds")


def test_a_receipt_stays_as_it_was_given(session: Session, cast: Cast, practice: policy.Policy) -> None:
    payment = a_paid(session, cast)
    before = paper(a_receipt(session, payment))
    policy.configure(replace(practice, name="New Owners", address="Elsewhere", tax_rates=()))
    cast.patient.full_name = cast.clinician.account.full_name = "Another"
    session.flush()
    assert paper(a_receipt(session, payment)) == before


def test_what_went_back_stands_below_with_its_day(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    receipt = a_receipt(session, payment)
    settle(session, a_refund(session, payment, 2000))
    on_its_way, refused = a_refund(session, payment, 1000), a_refund(session, payment, 500)
    bounce(session, refused)
    session.expire(payment)
    assert on_its_way.settled_at is None
    assert totals(receipt) == [
        ("Total paid", "£60.00"),
        ("Refunded on 2 March 2026", "-£20.00"),
        ("Paid after refunds", "£40.00"),
    ]


def test_an_insurer_sees_that_the_visit_did_not_take_place(session: Session, cast: Cast) -> None:
    payment = a_paid(session, cast)
    receipt = a_receipt(session, payment)
    assert payment.appointment is not None
    late = LateCancellation.NO_REFUND
    commands.cancel(session, payment.appointment, by=SYSTEM, at=NOW, reason="", late=late)
    assert ("Visit", "3 March 2026 (cancelled)") in paper(receipt).facts


def test_credits_are_taxed_when_they_are_spent(session: Session, cast: Cast, practice: policy.Policy) -> None:
    bought = a_receipt(session, a_paid_for_credits(session, cast, 10, 1000))
    assert paper(bought).rows == (("Credits: 10", "£10.00"),)
    assert (paper(bought).title, bought.tax_lines) == ("Receipt", [])
    spent = a_receipt(session, a_paid(session, cast, method=Method.CREDITS, credits=1, amount_minor=600))
    assert ("Paid by", "Credits") in paper(spent).facts
    assert [line["minor"] for line in spent.tax_lines] == [100]


def test_whoever_works_here_and_buys_credits_gets_a_receipt_too(session: Session, cast: Cast) -> None:
    facts = {"patient_id": None, "account_id": cast.fay.account_id, "centre_id": None}
    payment = a_paid(session, cast, purpose=Purpose.CREDITS, credits=2, amount_minor=200, **facts)
    receipt = a_receipt(session, payment)
    assert (receipt.issued_to, receipt.issuer_address) == (cast.fay.full_name, "")


def test_a_subscription_is_named_in_the_readers_language(session: Session, cast: Cast) -> None:
    receipt = a_receipt(session, a_paid(session, cast, purpose=Purpose.SUBSCRIPTION, amount_minor=12000))
    german = Reader(Locale("de"), lambda words: {"Subscription": "Abonnement"}.get(words, words))
    assert paper(receipt, german).rows == (("Abonnement", "120,00\xa0£"),)


def test_what_is_not_paid_has_no_receipt(session: Session, cast: Cast) -> None:
    payment = a_payment(session, cast)
    with pytest.raises(PaymentNotPossible):
        a_receipt(session, payment)
    assert payment.appointment is not None
    with pytest.raises(NotFound):
        receipts.of_visit(session, payment.appointment)


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [(5000, "JPY", "JP¥5,000"), (123450, "INR", "₹1,234.50"), (12345, "KWD", "KWD12.345")],
)
def test_each_currency_has_its_decimals(
    session: Session, cast: Cast, minor: int, currency: str, said: str
) -> None:
    receipt = a_receipt(session, a_paid(session, cast, amount_minor=minor, currency=currency))
    assert totals(receipt) == [("Total paid", said)]


@given(
    st.integers(1, 10**12),
    st.lists(st.builds(TaxRate, st.sampled_from(["VAT", "GST"]), st.integers(0, 10_000)), max_size=4),
)
def test_the_lines_and_the_net_amount_are_the_amount(minor: int, rates: list[TaxRate]) -> None:
    payment = Payment(purpose=Purpose.APPOINTMENT, amount_minor=minor)
    lines = receipts.tax_lines_of(payment, rates)
    net = minor - sum(line.minor for line in lines)
    assert [line.name for line in lines] == [rate.name for rate in rates]
    for line in lines:
        assert abs(line.minor - net * line.basis_points / 10_000) <= len(rates) + 1
    assert 0 <= net <= minor


def test_a_document_is_called_by_its_kind_year_and_number() -> None:
    assert Document.RECEIPT.reference(2026, 123) == "R-2026-000123"
    assert Document.STATEMENT.reference(2027, 1234567) == "S-2027-1234567"


def test_the_year_of_a_receipt_is_the_practices(session: Session, cast: Cast) -> None:
    new_year = datetime(2026, 12, 31, 20, 0, tzinfo=UTC)
    one, other = a_paid(session, cast), a_paid(session, cast)
    kolkata = receipts.issue_for(session, one, at=new_year, zone=ZoneInfo("Asia/Kolkata"))
    london = receipts.issue_for(session, other, at=new_year, zone=LONDON)
    assert (kolkata.reference, london.reference) == ("R-2027-000001", "R-2026-000001")


@pytest.mark.parametrize("name", ["ana", "bo", "fay", "cora", "mia", "max", "ada"])
def test_those_whom_it_concerns_find_it(session: Session, cast: Cast, name: str) -> None:
    receipt = a_receipt(session, a_paid(session, cast))
    actor: Actor = getattr(cast, name)
    assert receipts.get_visible(session, actor, receipt.payment_id) is receipt


def test_strangers_find_nothing(session: Session, cast: Cast) -> None:
    payment_id = a_receipt(session, a_paid(session, cast)).payment_id
    for actor, refusal in ((cast.zora, NotFound), (cast.zoe, NotFound), (cast.zack, Forbidden)):
        with pytest.raises(refusal):
            receipts.get_visible(session, actor, payment_id)


def test_of_two_payments_the_one_that_was_kept_is_the_visits(session: Session, cast: Cast) -> None:
    kept = a_paid(session, cast)
    twice = a_paid(session, cast, appointment_id=kept.appointment_id)
    first, _second = a_receipt(session, kept), a_receipt(session, twice)
    settle(session, a_refund(session, twice, twice.amount_minor))
    session.expire_all()
    assert kept.appointment is not None
    assert receipts.of_visit(session, kept.appointment) is first
