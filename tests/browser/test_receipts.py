"""A receipt in a real browser: read on a phone, printed at a desk, opened as a file."""

from collections.abc import Callable
from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from sqlalchemy import select

from portal.accounts.models import Account
from portal.appointments.models import Appointment
from portal.core import clock
from portal.payments.models import Method
from portal.payments.taking import take
from portal.people.acting import actor_for
from portal.people.models import Patient
from tests.browser.conftest import ANA, Practice

pytestmark = pytest.mark.browser

SignIn = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def paid(practice: Practice) -> int:
    """The desk took Ana's money for tomorrow's visit: the payment's number."""
    with practice.session() as session:
        visits = select(Appointment).join(Patient, Patient.id == Appointment.patient_id)
        visit = session.scalars(visits.where(Patient.phone == ANA).order_by(Appointment.id).limit(1)).one()
        desk = session.scalars(select(Account).where(Account.username == "deskleeds")).one()
        payment = take(session, visit, method=Method.CASH, by=actor_for(session, desk), at=clock.now())
        session.commit()
        return payment.id


def test_ana_reads_her_receipt_on_her_phone_and_saves_the_file(
    page: Page, paid: int, sign_in_patient: SignIn, check_accessibility: Callable[[Page], None]
) -> None:
    sign_in_patient(page, ANA)
    page.goto(f"/patient/payments/{paid}")
    page.get_by_role("link", name="Receipt", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Receipt")
    expect(page.get_by_role("row", name="Total paid")).to_be_visible()
    check_accessibility(page)
    href = page.get_by_role("link", name="Open as PDF").get_attribute("href")
    file = page.context.request.get(f"{page.url.partition('/patient')[0]}{href}")
    assert "Ana Silva" in PdfReader(BytesIO(file.body())).pages[0].extract_text()


def test_without_javascript_there_is_no_button_that_would_do_nothing(
    no_javascript: Page, paid: int, sign_in_patient: SignIn
) -> None:
    sign_in_patient(no_javascript, ANA)
    no_javascript.goto(f"/patient/payments/{paid}/receipt")
    expect(no_javascript.get_by_role("link", name="Open as PDF")).to_be_visible()
    expect(no_javascript.get_by_role("button", name="Print")).to_have_count(0)


def test_the_desk_prints_the_sheet_and_nothing_around_it(
    desktop: Page, paid: int, sign_in_staff: SignIn, check_accessibility: Callable[[Page], None]
) -> None:
    page = desktop
    sign_in_staff(page, "deskleeds")
    page.goto(f"/staff/payments/{paid}/receipt")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    check_accessibility(page)
    said = PdfReader(BytesIO(page.pdf(format="A4")))
    assert len(said.pages) == 1
    printed = said.pages[0].extract_text()
    for words in ("Ana Silva", "Dr Amelia Wong", "Total paid"):
        assert words in printed
    for words in ("Print", "Open as PDF", "Day board", "emergency"):
        assert words not in printed
