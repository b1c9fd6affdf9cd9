"""Those who run the practice see what clinicians earned, pay them out, and give them plans."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.payments import ledger
from portal.payments.paying_out import pay_out
from portal.payments.payout_models import Payout
from portal.payments.rules import split_fee
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, account_of
from tests.payments.paying import FEE, a_paid, a_payout, a_refund, settle
from tests.web.helpers import counted, errors_in, signed_in


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def owed(session: Session, cast: Cast) -> Cast:
    """Bo has earned sixty pounds."""
    ledger.record_earned(
        session, a_paid(session, cast), split_fee(FEE), clinician_id=cast.clinician.id, at=NOW
    )
    return cast


def form_of(cast: Cast) -> str:
    return f"/admin/clinicians/{cast.clinician.id}/payout?currency=GBP"


def payouts(session: Session) -> list[tuple[int, str]]:
    found = select(Payout.amount_minor, Payout.reference).order_by(Payout.id)
    return [(minor, reference) for minor, reference in session.execute(found)]


def test_whoever_is_owed_something_is_listed(manager: FlaskClient, owed: Cast) -> None:
    page = manager.get("/admin/payouts").text
    assert "Dr Bo Larsen" in page
    assert "£60.00" in page
    assert f'href="{form_of(owed)}"' in page


def test_with_nobody_owed_anything_the_page_says_so(manager: FlaskClient, cast: Cast) -> None:
    assert "Nobody is owed anything" in manager.get("/admin/payouts").text
    assert "No payouts yet" in manager.get("/admin/payouts/history").text
    assert "Nothing has been earned yet" in manager.get("/admin/earnings").text


def test_max_pays_bo_out_in_two_steps_and_the_statement_follows(
    manager: FlaskClient, session: Session, owed: Cast
) -> None:
    assert 'value="60.00"' in manager.get(form_of(owed)).text
    said = {"amount": "40", "reference": "BACS 17"}
    asked = manager.post(form_of(owed), data=said)
    assert "Write down a payout of £40.00?" in asked.text
    assert "£20.00" in asked.text
    assert payouts(session) == []
    done = manager.post(form_of(owed), data={**said, "sure": "6000"})
    assert payouts(session) == [(4000, "BACS 17")]
    statement = manager.get(done.location).text
    for words in ("Written down: £40.00.", "S-2026-000001", "BACS 17", "£60.00", "Still owed", "£20.00"):
        assert words in statement, words
    assert "Ana" not in statement
    assert "Max Manager" in manager.get("/admin/payouts/history.csv").text
    assert "S-2026-000001" in manager.get("/admin/payouts/history").text


@pytest.mark.parametrize("amount", ["", "x", "0", "60.01", "-1", "1.005"])
def test_what_cannot_be_paid_out_is_said_by_the_field(
    manager: FlaskClient, session: Session, owed: Cast, amount: str
) -> None:
    answer = manager.post(form_of(owed), data={"amount": amount, "reference": "BACS", "sure": "6000"})
    assert answer.status_code == 422
    assert "#amount" in errors_in(answer)
    assert 'value="BACS"' in answer.text
    assert payouts(session) == []


def test_the_button_pressed_twice_pays_once(manager: FlaskClient, session: Session, owed: Cast) -> None:
    said = {"amount": "20", "sure": "6000"}
    assert manager.post(form_of(owed), data=said).status_code == 303
    second = manager.post(form_of(owed), data=said)
    assert second.status_code == 409
    assert "What is owed has changed meanwhile" in errors_in(second)
    assert "Owed now: £40.00." in second.text
    assert payouts(session) == [(2000, "")]


def test_more_than_was_left_by_a_colleague_is_refused(
    manager: FlaskClient, session: Session, owed: Cast
) -> None:
    pay_out(session, owed.clinician.id, currency="GBP", by=owed.ada, at=NOW)
    answer = manager.post(form_of(owed), data={"amount": "60", "sure": "6000"})
    assert answer.status_code == 422
    assert "Up to £0.00 can be paid out." in errors_in(answer)


def test_whoever_owes_the_practice_cannot_be_paid_out(
    manager: FlaskClient, session: Session, cast: Cast
) -> None:
    payment = a_paid(session, cast)
    ledger.record_earned(session, payment, split_fee(FEE), clinician_id=cast.clinician.id, at=NOW)
    pay_out(session, cast.clinician.id, currency="GBP", by=cast.ada, at=NOW)
    settle(session, a_refund(session, payment, 2000))
    page = manager.get("/admin/payouts").text
    assert "to make up for refunds" in page
    assert "-£20.00" in page
    assert form_of(cast) not in page


def test_a_currency_that_was_never_earned_in_is_not_there(manager: FlaskClient, owed: Cast) -> None:
    assert manager.get(f"/admin/clinicians/{owed.clinician.id}/payout?currency=EUR").status_code == 404
    assert manager.get("/admin/clinicians/999999/payout").status_code == 404
    assert manager.get("/staff/payouts/999999").status_code == 404


def test_the_overview_of_earnings_names_everybody(manager: FlaskClient, owed: Cast) -> None:
    page = manager.get("/admin/earnings").text
    for words in ("Dr Bo Larsen", "Earned, GBP", "£60.00", "Sunday 1 March 2026", "Tuesday 31 March 2026"):
        assert words in page, words
    bad = manager.get("/admin/earnings?start_date=2026-03-02&end_date=2026-03-01")
    assert bad.status_code == 422
    assert "The end must not be before the start." in bad.text
    assert manager.get("/admin/earnings?page=2").status_code == 404


def test_the_overview_can_be_taken_along_as_a_file(manager: FlaskClient, owed: Cast) -> None:
    assert "/admin/earnings.csv?" in manager.get("/admin/earnings").text
    heads, *lines = manager.get("/admin/earnings.csv").text.removeprefix("\ufeff").splitlines()
    assert heads == "Clinician,Currency,Earned,To be paid out"
    assert lines == ["Dr Bo Larsen,GBP,60.00,60.00"]
    before = manager.get("/admin/earnings.csv?start_date=2026-01-01&end_date=2026-01-31").text
    assert "Dr Bo Larsen,GBP,0.00,60.00" in before


def test_the_overview_takes_as_many_queries_however_many_there_are(
    manager: FlaskClient, session: Session, owed: Cast
) -> None:
    addresses = ("/admin/earnings", "/admin/payouts", "/admin/payouts/history")
    a_payout(session, owed, owed.clinician)

    def counts() -> list[int]:
        found = []
        for address in addresses:
            with counted() as queries:
                assert manager.get(address).status_code == 200
            found.append(len(queries))
        return found

    counts()
    before = counts()
    for _ in range(4):
        other = a_clinician(session, owed.leeds)
        a_payout(session, owed, other)
        ledger.record_earned(session, a_paid(session, owed), split_fee(FEE), clinician_id=other.id, at=NOW)
    session.expire_all()
    assert counts() == before


def test_one_clinicians_earnings_lead_to_the_payout(manager: FlaskClient, owed: Cast) -> None:
    address = f"/admin/clinicians/{owed.clinician.id}/earnings"
    page = manager.get(address).text
    assert "Earnings of Dr Bo Larsen" in page
    assert form_of(owed) in page
    rows = list(csv.reader(io.StringIO(manager.get(f"{address}.csv").text)))
    assert len(rows) == 2
    assert rows[1][-4:] == ["60.00", "0.00", "0.00", "60.00"]


def test_an_administrator_changes_a_plan(admin: FlaskClient, session: Session, cast: Cast) -> None:
    address = f"/admin/clinicians/{cast.clinician.id}"
    assert "Plan: Free." in admin.get(address).text
    said = {"plan": "PRO", "plan_expires_at": "2027-03-31"}
    assert admin.post(f"{address}/plan", data=said).location == address
    assert "Plan: Pro, until Wednesday 31 March 2027." in admin.get(address).text
    assert 'value="2027-03-31"' in admin.get(f"{address}/plan").text
    session.refresh(cast.clinician)
    assert cast.clinician.plan_expires_at is not None
    assert cast.clinician.plan_expires_at.isoformat() == "2027-03-31T23:00:00+00:00"  # summer time by then
    assert admin.post(f"{address}/plan", data={"plan": "FREE", "plan_expires_at": ""}).status_code == 303
    assert "Plan: Free." in admin.get(address).text


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"plan": "GOLD"}, "Choose one of the options"),
        ({"plan": "PRO", "plan_expires_at": "soon"}, "Enter a date"),
        ({"plan": "PRO", "plan_expires_at": "2026-03-01"}, "The end must lie ahead."),
    ],
)
def test_a_plan_that_makes_no_sense_comes_back(
    admin: FlaskClient, cast: Cast, said: dict[str, str], message: str
) -> None:
    answer = admin.post(f"/admin/clinicians/{cast.clinician.id}/plan", data=said)
    assert answer.status_code == 422
    assert message in errors_in(answer)


def test_money_is_not_for_the_desk_and_plans_not_for_managers(
    desk: FlaskClient, centre_manager: FlaskClient, manager: FlaskClient, session: Session, owed: Cast
) -> None:
    payout = a_payout(session, owed, owed.clinician)
    closed = (
        "/admin/earnings",
        f"/admin/clinicians/{owed.clinician.id}/earnings",
        "/admin/payouts",
        "/admin/payouts/history",
        form_of(owed),
        f"/staff/payouts/{payout.id}",
        f"/staff/payouts/{payout.id}/statement.pdf",
    )
    for address in closed:
        assert desk.get(address).status_code == 403, address
        assert centre_manager.get(address).status_code == 403, address
        assert manager.get(address).status_code == 200, address
    assert manager.get(f"/admin/clinicians/{owed.clinician.id}/plan").status_code == 403


def test_a_statement_is_a_file_too(manager: FlaskClient, session: Session, owed: Cast) -> None:
    payout = a_payout(session, owed, owed.clinician)
    pdf = manager.get(f"/staff/payouts/{payout.id}/statement.pdf")
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    rows = list(csv.reader(io.StringIO(manager.get(f"/staff/payouts/{payout.id}/statement.csv").text)))
    assert [row[-1] for row in rows] == ["Clinician", "60.00", "60.00"]


class TestClinicians:
    @pytest.fixture
    def bo(self, app: Flask, session: Session, cast: Cast) -> FlaskClient:
        return signed_in(app, account_of(session, cast.clinician))

    @pytest.fixture
    def zoe(self, app: Flask, session: Session) -> FlaskClient:
        return signed_in(app, account_of(session, a_clinician(session, full_name="Zoe Ahmed")))

    def test_bo_sees_his_earnings(self, bo: FlaskClient, owed: Cast) -> None:
        with counted() as queries:
            page = bo.get("/clinician/earnings").text
        assert len(queries) <= 10
        for words in ("£60.00", "By service", "Consultation", "Earned by day", "<rect", "Mon 2 Mar"):
            assert words in page, words
        assert "Earned by month" in bo.get("/clinician/earnings?period=year").text
        assert "£0.00" in bo.get("/clinician/earnings?start_date=2026-02-01&end_date=2026-02-03").text

    @pytest.mark.parametrize(
        ("query", "field", "message"),
        [
            (
                "start_date=2026-03-09&end_date=2026-03-01",
                "end_date",
                "The end must not be before the start.",
            ),
            ("start_date=soon", "start_date", "Enter a date, like 2027-06-04"),
            ("start_date=2026-03-01", "end_date", "Give the last day as well."),
            ("start_date=2020-03-01&end_date=2026-03-01", "end_date", "Choose a year at most."),
        ],
    )
    def test_days_that_make_no_sense_are_said_by_the_field(
        self, bo: FlaskClient, query: str, field: str, message: str
    ) -> None:
        answer = bo.get(f"/clinician/earnings?{query}")
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
        assert message in answer.text

    def test_pounds_and_euros_stand_apart(self, bo: FlaskClient, session: Session, owed: Cast) -> None:
        euros = a_paid(session, owed, currency="EUR", amount_minor=500)
        ledger.record_earned(session, euros, split_fee(500), clinician_id=owed.clinician.id, at=NOW)
        assert "€5.00" not in bo.get("/clinician/earnings").text
        page = bo.get("/clinician/earnings?currency=EUR").text
        assert "€5.00" in page
        assert "£60.00" not in page
        assert ",EUR,5.00," in bo.get("/clinician/earnings.csv?currency=EUR").text

    def test_bo_has_his_statements_and_nobody_elses(
        self, bo: FlaskClient, zoe: FlaskClient, session: Session, owed: Cast
    ) -> None:
        payout = a_payout(session, owed, owed.clinician)
        page = bo.get("/clinician/payouts").text
        assert payout.statement_number in page
        assert payout.statement_number not in zoe.get("/clinician/payouts").text
        for address in ("", "/statement.pdf", "/statement.csv"):
            assert bo.get(f"/staff/payouts/{payout.id}{address}").status_code == 200
            assert zoe.get(f"/staff/payouts/{payout.id}{address}").status_code == 404
        assert bo.get("/admin/payouts").status_code == 403

    def test_what_a_refund_took_back_is_explained(
        self, bo: FlaskClient, session: Session, cast: Cast
    ) -> None:
        payment = a_paid(session, cast)
        ledger.record_earned(session, payment, split_fee(FEE), clinician_id=cast.clinician.id, at=NOW)
        pay_out(session, cast.clinician.id, currency="GBP", by=cast.ada, at=NOW)
        settle(session, a_refund(session, payment, FEE))
        assert "your next earnings make up for it" in bo.get("/clinician/payouts").text

    def test_bo_reads_his_plan(self, bo: FlaskClient, session: Session, cast: Cast) -> None:
        assert "Your plan with the practice: Free." in bo.get("/clinician/profile").text
        cast.clinician.plan, cast.clinician.plan_expires_at = "PRO", NOW + timedelta(days=30)
        session.flush()
        assert "Pro, until Wednesday 1 April" in bo.get("/clinician/profile").text

    def test_the_menu_leads_there(self, bo: FlaskClient) -> None:
        assert 'href="/clinician/earnings" aria-current="page"' in bo.get("/clinician/earnings").text
