"""Bo is paid out what he earned, with a statement that lists it, and never more."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.payments import ledger, statements
from portal.payments.errors import OwedOtherwise, PayoutTooHigh
from portal.payments.models import Payment
from portal.payments.paying_out import pay_out
from portal.payments.payout_models import Payout
from portal.payments.rules import split_fee
from portal.payments.statements import Filters, Statement
from tests.cast import Cast
from tests.conftest import NOW
from tests.payments.paying import FEE, a_paid, a_refund, check_the_ledger, earn, settle

HOUR = timedelta(hours=1)


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


def pay(session: Session, cast: Cast, minor: int | None = None, *, owed_minor: int | None = None) -> Payout:
    payout = pay_out(
        session,
        cast.clinician.id,
        currency="GBP",
        amount_minor=minor,
        owed_minor=owed_minor,
        by=cast.ada,
        at=NOW,
    )
    check_the_ledger(session)
    return payout


def earned(session: Session, cast: Cast) -> Payment:
    payment = a_paid(session, cast)
    earn(session, cast, payment)
    return payment


def said(statement: Statement) -> tuple[int, list[int], int, int]:
    """Brought forward, the lines, paid out, left."""
    shares = [line.share_minor for line in statement.lines]
    return statement.brought_forward_minor, shares, statement.payout.amount_minor, statement.left_minor


def test_all_that_is_owed_is_paid_unless_an_amount_is_named(session: Session, cast: Cast) -> None:
    payment = earned(session, cast)
    payout = pay(session, cast)
    assert (payout.amount_minor, payout.statement_number) == (4500, "S-2026-000001")
    assert ledger.owed_to(session, cast.clinician.id, "GBP").minor == 0
    statement = statements.statement_of(session, payout)
    assert said(statement) == (0, [4500], 4500, 0)
    [line] = statement.lines
    assert (line.appointment_id, line.minor, line.taxes_minor, line.practice_minor) == (
        payment.appointment_id,
        FEE,
        1000,
        500,
    )


def test_what_is_left_is_brought_forward_to_the_next_statement(session: Session, cast: Cast) -> None:
    earned(session, cast)
    first = pay(session, cast, 3000)
    earned(session, cast)
    second = pay(session, cast)
    assert said(statements.statement_of(session, first)) == (0, [4500], 3000, 1500)
    assert said(statements.statement_of(session, second)) == (1500, [4500], 6000, 0)
    assert second.number == first.number + 1


def test_what_a_refund_takes_back_is_on_the_next_statement(session: Session, cast: Cast) -> None:
    payment = earned(session, cast)
    pay(session, cast)
    settle(session, a_refund(session, payment, FEE))
    assert ledger.owed_to(session, cast.clinician.id, "GBP").minor == -4500
    with pytest.raises(PayoutTooHigh):
        pay(session, cast)
    earned(session, cast)
    earned(session, cast)
    assert said(statements.statement_of(session, pay(session, cast))) == (0, [-4500, 4500, 4500], 4500, 0)


def test_a_statement_stays_as_it_is_whatever_happens_later(session: Session, cast: Cast) -> None:
    payment = earned(session, cast)
    payout = pay(session, cast)
    before = statements.statement_of(session, payout)
    settle(session, a_refund(session, payment, 1000))
    earned(session, cast)
    assert statements.statement_of(session, payout) == before


@pytest.mark.parametrize("minor", [0, -1, 4501])
def test_nothing_and_more_than_is_owed_cannot_be_paid_out(session: Session, cast: Cast, minor: int) -> None:
    earned(session, cast)
    with pytest.raises(PayoutTooHigh):
        pay(session, cast, minor)


def test_who_is_owed_nothing_is_paid_nothing(session: Session, cast: Cast) -> None:
    with pytest.raises(PayoutTooHigh):
        pay(session, cast)


def test_whoever_was_shown_another_amount_is_told(session: Session, cast: Cast) -> None:
    earned(session, cast)
    with pytest.raises(OwedOtherwise):
        pay(session, cast, 1000, owed_minor=4499)
    assert pay(session, cast, 1000, owed_minor=4500).amount_minor == 1000


def test_pounds_and_euros_have_statements_of_their_own(session: Session, cast: Cast) -> None:
    earned(session, cast)
    euros = a_paid(session, cast, currency="EUR")
    split = split_fee(FEE)
    ledger.record_earned(session, euros, split, clinician_id=cast.clinician.id, at=NOW)
    assert said(statements.statement_of(session, pay(session, cast))) == (0, [4500], 4500, 0)
    other = pay_out(session, cast.clinician.id, currency="EUR", by=cast.ada, at=NOW)
    assert said(statements.statement_of(session, other)) == (0, [FEE], FEE, 0)


def test_a_payout_that_was_written_down_stays(session: Session, cast: Cast) -> None:
    earned(session, cast)
    pay(session, cast)
    for act in ("UPDATE payout SET amount_minor = 1", "DELETE FROM payout_line"):
        with pytest.raises(DBAPIError, match="stays as it is"), session.begin_nested():
            session.execute(text(act))


def test_clinicians_see_their_own_payouts_and_those_who_run_the_practice_all(
    session: Session, cast: Cast
) -> None:
    earned(session, cast)
    payout = pay(session, cast)
    for actor in (cast.bo, cast.max, cast.ada):
        assert statements.get_visible(session, actor, payout.id).id == payout.id
        assert statements.search(session, actor, Filters()).total == 1
    for actor in (cast.zoe, cast.ana, cast.fay, cast.mia):
        assert statements.search(session, actor, Filters()).total == 0
        with pytest.raises(NotFound):
            statements.get_visible(session, actor, payout.id)


def test_payouts_are_found_by_clinician_and_time(session: Session, cast: Cast) -> None:
    earned(session, cast)
    pay(session, cast)
    found = {
        "all": Filters(),
        "hers": Filters(clinician_id=cast.clinician.id),
        "another's": Filters(clinician_id=cast.zoe.clinician_id),
        "since": Filters(made_from=NOW),
        "before": Filters(made_before=NOW),
    }
    totals = {name: statements.search(session, cast.ada, which).total for name, which in found.items()}
    assert totals == {"all": 1, "hers": 1, "another's": 0, "since": 1, "before": 0}
