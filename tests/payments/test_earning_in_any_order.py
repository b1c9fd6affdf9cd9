"""Whatever is paid, earned, refunded and paid out, in whatever order: nobody gets more than is theirs."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.errors import PortalError
from portal.payments import ledger, rules, statements
from portal.payments.book_models import LedgerEntry
from portal.payments.models import Method, Payment
from portal.payments.paying_out import pay_out
from portal.payments.payout_models import Payout
from portal.payments.rules import TaxRate, split_fee
from tests.cast import Cast
from tests.conftest import NOW
from tests.payments.paying import FEE, a_paid, a_refund, bounce, check_the_ledger, settle

PERCENTS = st.integers(0, 100)
TAXES = st.lists(st.integers(0, 5000).map(lambda rate: TaxRate("VAT", rate)), max_size=3)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "earn", "refund", "bounce", "pay out"]),
        st.integers(0, 5),
        st.integers(1, FEE + 100),
    ),
    max_size=25,
)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(st.integers(0, 10**9), PERCENTS, TAXES)
def test_what_is_kept_is_what_clinician_practice_and_tax_office_get(
    minor: int, percent: int, taxes: list[TaxRate]
) -> None:
    split = split_fee(minor, taxes=taxes, platform_basis_points=percent * 100)
    assert split.clinician_minor + split.platform_minor + split.tax_minor == minor
    assert min(split.clinician_minor, split.platform_minor, *(one.minor for one in split.tax_lines), 0) == 0
    net = split.clinician_minor + split.platform_minor
    assert abs(split.platform_minor * 100 - net * percent) <= 100


class Story:
    """Ana's payments and what happens to them. What the code or the database refuses has not happened."""

    def __init__(self, session: Session, cast: Cast, percent: int) -> None:
        self.session, self.cast, self.percent = session, cast, percent
        self.payments: list[Payment] = []
        self.paid_out = 0

    def act(self, what: str, which: int, minor: int) -> None:
        payment = self.payments[which % len(self.payments)] if self.payments else None
        with suppress(PortalError, IntegrityError), self.session.begin_nested():
            if what == "pay":
                self.payments.append(a_paid(self.session, self.cast, method=Method.CASH))
            elif what == "pay out":
                self.pay_out(minor)
            elif payment:
                self.move(what, payment, minor)

    def pay_out(self, minor: int) -> None:
        clinician_id = self.cast.clinician.id
        owed = ledger.owed_to(self.session, clinician_id, "GBP").minor
        pay_out(self.session, clinician_id, currency="GBP", amount_minor=minor, by=self.cast.ada, at=NOW)
        assert minor <= owed
        self.paid_out += minor

    def move(self, what: str, payment: Payment, minor: int) -> None:
        if what == "earn":
            split = split_fee(minor, taxes=[TaxRate("VAT", 2000)], platform_basis_points=self.percent * 100)
            ledger.record_earned(self.session, payment, split, clinician_id=self.cast.clinician.id, at=NOW)
        elif what == "refund":
            settle(self.session, a_refund(self.session, payment, minor))
        elif done := [one for one in payment.refunds if one.status == "DONE"]:
            bounce(self.session, done[-1])

    def check(self) -> None:
        check_the_ledger(self.session)
        assert self.session.scalar(select(func.sum(LedgerEntry.amount_minor))) in (0, None)
        clinician = f"clinician:{self.cast.clinician.id}"
        for payment in self.payments:
            self.session.expire(payment, ["refunds"])
            sums = ledger.balances_of_payment(self.session, payment.id)
            left = rules.paid_of(payment).minor - rules.paid_of(payment).returned_minor
            assert sums.get((f"cash:{payment.centre_id}", "GBP"), 0) == left
            assert all(sums.get((account, "GBP"), 0) <= 0 for account in (clinician, "platform", "tax"))
        self.check_statements()

    def check_statements(self) -> None:
        """They follow one another, and what the last one leaves is owed, but for what came after."""
        before = 0
        for payout in self.session.scalars(select(Payout).order_by(Payout.id)):
            statement = statements.statement_of(self.session, payout)
            assert statement.brought_forward_minor == before
            before = statement.left_minor
            assert before >= 0
        bank = ledger.balance(self.session, "bank", "GBP").minor
        assert bank == -self.paid_out


@pytest.fixture
def cast(session: Session) -> Cast:
    """Everybody comes into being before the first story, for each story is undone."""
    made = Cast(session)
    for name in ("ana", "clinician", "ada"):
        getattr(made, name)
    return made


@MANY
@given(acts=ACTS, percent=PERCENTS)
def test_in_any_order_nobody_is_paid_more_than_is_owed_and_the_books_balance(
    session: Session, cast: Cast, acts: list[tuple[str, int, int]], percent: int
) -> None:
    attempt = session.begin_nested()
    story = Story(session, cast, percent)
    for act in acts:
        story.act(*act)
    story.check()
    attempt.rollback()
    session.expire_all()
