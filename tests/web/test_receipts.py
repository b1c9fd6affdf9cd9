"""The receipt as a page and as a file, for whoever paid and for those who work with the visit."""

from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.models import AuditEntry
from portal.core.permissions import Actor
from portal.payments.models import Payment
from tests.cast import Cast
from tests.payments.paying import a_paid, a_payment, a_receipt, a_refund, settle
from tests.web.helpers import signed_in

BrowserOf = Callable[[Actor], FlaskClient]


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def browser_of(app: Flask, session: Session) -> BrowserOf:
    return lambda actor: signed_in(app, session.get_one(Account, actor.account_id))


@pytest.fixture
def paid(session: Session, cast: Cast) -> Payment:
    """Ana paid £60 for a visit to Bo, and has the receipt."""
    payment = a_paid(session, cast, instrument="card", transaction_id="pi_1")
    a_receipt(session, payment)
    return payment


def address(payment: Payment, whose: str) -> str:
    return f"/{whose}/payments/{payment.id}/receipt"


def test_ana_prints_her_receipt(cast: Cast, browser_of: BrowserOf, paid: Payment) -> None:
    page = browser_of(cast.ana).get(address(paid, "patient"))
    assert page.status_code == 200
    for words in ("R-2026-000001", "Ana Silva", "Consultation, Dr Bo Larsen", "£60.00", "Card", "pi_1"):
        assert words in page.text
    assert "data-print" in page.text
    assert f'href="{address(paid, "patient")}.pdf"' in page.text


def test_ana_hands_the_file_to_her_insurer(cast: Cast, browser_of: BrowserOf, paid: Payment) -> None:
    answer = browser_of(cast.ana).get(f"{address(paid, 'patient')}.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'inline; filename="R-2026-000001.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    said = PdfReader(BytesIO(answer.data)).pages[0].extract_text()
    for words in ("R-2026-000001", "Ana Silva", "Consultation, Dr Bo Larsen", "£60.00"):
        assert words in said


def test_a_refund_is_seen_on_it(session: Session, cast: Cast, browser_of: BrowserOf, paid: Payment) -> None:
    settle(session, a_refund(session, paid, 2000))
    session.expire(paid)
    page = browser_of(cast.ana).get(address(paid, "patient"))
    for words in ("Refunded on 2 March 2026", "-£20.00", "Paid after refunds", "£40.00"):
        assert words in page.text


@pytest.mark.parametrize("name", ["bo", "fay", "cora", "mia", "max", "ada"])
def test_those_who_work_with_the_visit_can_print_it_too(
    cast: Cast, browser_of: BrowserOf, paid: Payment, name: str
) -> None:
    browser = browser_of(getattr(cast, name))
    page = browser.get(address(paid, "staff"))
    assert "R-2026-000001" in page.text
    back = f"/appointments/{paid.appointment_id}" if name == "bo" else f"/staff/payments/{paid.id}"
    assert f'href="{back}"' in page.text
    assert browser.get(f"{address(paid, 'staff')}.pdf").data.startswith(b"%PDF-")


@pytest.mark.parametrize("ending", ["", ".pdf"])
def test_strangers_get_nothing(cast: Cast, browser_of: BrowserOf, paid: Payment, ending: str) -> None:
    found = {
        name: browser_of(getattr(cast, name)).get(address(paid, whose) + ending).status_code
        for name, whose in (("zora", "patient"), ("ana", "staff"), ("zoe", "staff"), ("zack", "staff"))
    }
    assert found == {"zora": 404, "ana": 403, "zoe": 404, "zack": 403}


@pytest.mark.parametrize("ending", ["", ".pdf"])
def test_what_is_not_paid_has_none(session: Session, cast: Cast, browser_of: BrowserOf, ending: str) -> None:
    waiting = a_payment(session, cast)
    assert browser_of(cast.ana).get(address(waiting, "patient") + ending).status_code == 404
    assert browser_of(cast.fay).get(address(waiting, "staff") + ending).status_code == 404


def test_ana_can_see_who_read_it(session: Session, cast: Cast, browser_of: BrowserOf, paid: Payment) -> None:
    browser_of(cast.ana).get(address(paid, "patient"))
    browser_of(cast.fay).get(address(paid, "staff"))
    seen = select(AuditEntry.account_id).where(
        AuditEntry.action == "receipt.view", AuditEntry.patient_id == cast.patient.id
    )
    assert session.scalars(seen).all() == [cast.fay.account_id]
