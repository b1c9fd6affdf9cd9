"""What was paid, as the patient, the desk and the accountant read it; and nobody else."""

import csv
import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.payments.models import Method, Payment
from tests.cast import Cast
from tests.factories import a_patient
from tests.payments.paying import a_paid, a_payment, a_refund, settle
from tests.web.helpers import HTMX, counted
from tests.web.payments.conftest import BrowserOf


def test_ana_reads_what_she_has_paid_and_what_came_back(
    anas: FlaskClient, session: Session, paid: Payment
) -> None:
    settle(session, a_refund(session, paid, 1000, reason="The visit was short"))
    listed = anas.get("/patient/payments").text
    assert "£60.00" in listed
    assert f'href="/patient/payments/{paid.id}"' in listed
    shown = anas.get(f"/patient/payments/{paid.id}").text
    for words in ("£60.00", "Card", "pi_1", "£10.00", "The visit was short", "Gone back", "Receipt"):
        assert words in shown, words


def test_who_has_paid_nothing_is_told_so(browser_of: BrowserOf, cast: Cast, paid: Payment) -> None:
    zoras = browser_of(cast.zora)
    assert "Nothing paid yet" in zoras.get("/patient/payments").text
    assert zoras.get(f"/patient/payments/{paid.id}").status_code == 404
    assert zoras.post(f"/patient/payments/{paid.id}/refund").status_code == 404


def test_a_payment_that_failed_says_why_in_the_words_that_came(
    anas: FlaskClient, session: Session, cast: Cast
) -> None:
    tried = a_payment(session, cast, status="FAILED", failure="100% declined (%s)")
    assert "100% declined (%s)" in anas.get(f"/patient/payments/{tried.id}").text


def test_the_desk_finds_a_payment_by_its_number_its_transaction_and_what_it_is(
    fays: FlaskClient, session: Session, cast: Cast, paid: Payment
) -> None:
    cash = a_paid(session, cast, method=Method.CASH)
    link = f'href="/staff/payments/{paid.id}"'
    for asked in (
        f"reference={paid.id}",
        "reference=pi_1",
        "status=PAID&method=ONLINE&provider=STRIPE&purpose=APPOINTMENT",
        f"patient_id={cast.patient.id}",
        f"appointment_id={paid.appointment_id}",
        "start_date=2026-03-02&end_date=2026-03-02",
    ):
        assert link in fays.get(f"/staff/payments?{asked}").text, asked
    for asked in (
        f"reference={cash.id}",
        "reference=pi",
        "status=REFUNDED",
        "method=CASH",
        "end_date=2026-03-01",
    ):
        assert link not in fays.get(f"/staff/payments?{asked}").text, asked


def test_a_date_that_makes_no_sense_comes_back_with_an_error(fays: FlaskClient, paid: Payment) -> None:
    answer = fays.get("/staff/payments?start_date=soon&status=x&method=x")
    assert answer.status_code == 422
    assert "Enter a date, like 2027-06-04" in answer.text
    assert 'value="soon"' in answer.text
    turned = fays.get("/staff/payments?start_date=2026-03-02&end_date=2026-03-01")
    assert "The end must not be before the start." in turned.text


def test_the_piece_is_a_piece_of_the_page(fays: FlaskClient, paid: Payment) -> None:
    piece = fays.get("/staff/payments", headers=HTMX).text
    assert piece.strip() in fays.get("/staff/payments").text


def test_the_desk_of_another_centre_and_a_clinician_read_none_of_it(
    browser_of: BrowserOf, cast: Cast, paid: Payment
) -> None:
    zacks, bos = browser_of(cast.zack), browser_of(cast.bo)
    assert f"/staff/payments/{paid.id}" not in zacks.get("/staff/payments").text
    assert zacks.get(f"/staff/payments/{paid.id}").status_code == 403
    assert bos.get("/staff/payments").status_code == 403
    assert bos.get(f"/staff/payments/{paid.id}").status_code == 403


def test_one_payment_tells_its_story(maxs: FlaskClient, session: Session, cast: Cast) -> None:
    taken = a_paid(session, cast, method=Method.CASH, taken_by_id=cast.fay.account_id)
    shown = maxs.get(f"/staff/payments/{taken.id}").text
    for words in ("£60.00", "Ana Silva", "Cash", "The practice", "Fay Marsh", "Give money back", "Receipt"):
        assert words in shown, words
    assert maxs.get("/staff/payments/999999").status_code == 404


@pytest.mark.parametrize("path", ["/staff/payments", "/staff/payments/attention"])
def test_the_lists_ask_the_database_little_however_long_they_are(
    maxs: FlaskClient, session: Session, cast: Cast, paid: Payment, path: str
) -> None:
    a_refund(session, paid, 100, status="FAILED", settled_at=paid.paid_at)
    maxs.get(path)
    with counted() as few:
        maxs.get(path)
    for _ in range(5):
        more = a_paid(session, cast)
        a_refund(session, more, 100, status="FAILED", settled_at=more.paid_at)
    session.flush()
    with counted() as many:
        assert maxs.get(path).text.count("Ana Silva") == 6
    assert len(many) == len(few) <= 8


def test_the_list_of_a_patient_asks_the_database_little(
    anas: FlaskClient, session: Session, cast: Cast
) -> None:
    for _ in range(5):
        a_paid(session, cast)
    session.flush()
    with counted() as queries:
        anas.get("/patient/payments")
    assert len(queries) <= 8


def test_the_accountant_gets_the_same_list_as_a_file(
    maxs: FlaskClient, fays: FlaskClient, session: Session, cast: Cast, paid: Payment
) -> None:
    settle(session, a_refund(session, paid, 1000))
    a_paid(session, cast, method=Method.CASH)
    answer = maxs.get("/staff/payments.csv?method=ONLINE")
    assert answer.mimetype == "text/csv"
    assert "payments-2026-03-02.csv" in answer.headers["Content-Disposition"]
    heads, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    [row] = [dict(zip(heads, row, strict=True)) for row in rows]
    assert (row["Payment"], row["Patient"], row["Transaction"]) == (str(paid.id), "Ana Silva", "pi_1")
    assert (row["Currency"], row["Amount"], row["Gone back"], row["Going back"]) == (
        "GBP",
        "60.00",
        "10.00",
        "0.00",
    )
    assert fays.get("/staff/payments.csv").status_code == 403


def test_a_name_cannot_be_a_formula_in_the_accountants_spreadsheet(
    maxs: FlaskClient, session: Session, cast: Cast
) -> None:
    evil = a_patient(session, full_name="Eve")
    evil.full_name = '=HYPERLINK("http://evil.example","Ana")'
    a_paid(session, cast, patient_id=evil.id, transaction_id="@SUM(A1)")
    session.flush()
    _, row = csv.reader(io.StringIO(maxs.get("/staff/payments.csv").text))
    assert '\'=HYPERLINK("http://evil.example","Ana")' in row
    assert "'@SUM(A1)" in row


def test_ana_sees_at_her_visits_what_is_paid(anas: FlaskClient, session: Session, visit: Appointment) -> None:
    assert ">Paid<" in anas.get("/patient/appointments").text
    assert ">Paid<" in anas.get(f"/patient/appointments/{visit.id}").text


def test_the_board_and_the_clinicians_day_say_what_is_paid_and_what_is_to_pay(
    fays: FlaskClient, browser_of: BrowserOf, session: Session, cast: Cast, visit: Appointment
) -> None:
    unpaid = a_payment(session, cast, status="FAILED")
    assert unpaid.appointment_id != visit.id
    board = fays.get("/desk/day?date=2026-03-03").text
    assert f"{visit.service.title}, Paid" in board
    assert f"{visit.service.title}, To pay" in board
    day = browser_of(cast.bo).get("/clinician/day?date=2026-03-03").text
    assert ">Paid<" in day
    assert ">To pay<" in day
