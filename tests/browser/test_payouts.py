"""From a visit to the clinician's pocket, in a real browser: earned, paid out, and the statement read on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.accounts.models import Account
from portal.appointments.commands import complete
from portal.appointments.models import Appointment
from portal.core import clock
from portal.payments.models import Method
from portal.payments.taking import take
from portal.people.acting import actor_for
from portal.people.models import Patient
from tests.browser.conftest import ANA, Practice

pytestmark = pytest.mark.browser

Check = Callable[[Page], None]
SignIn = Callable[[Page, str], None]


def seen(practice: Practice) -> Appointment:
    """The desk took £45.00 for Ana's visit to Dr Amelia Wong, and it has taken place."""
    with practice.session() as session:
        ana = session.scalars(select(Patient).where(Patient.phone == ANA)).one()
        visit = session.scalars(select(Appointment).where(Appointment.patient_id == ana.id)).one()
        desk = session.scalars(select(Account).where(Account.username == "deskleeds")).one()
        by = actor_for(session, desk)
        take(session, visit, method=Method.CASH, by=by, at=clock.now())
        complete(session, visit, by=by, at=visit.ends_at)
        session.commit()
        return visit


def test_a_manager_pays_amelia_out_and_amelia_reads_the_statement_on_a_phone(
    desktop: Page, page: Page, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    day = clock.local_day(seen(practice).ends_at, clock.zone("Europe/London"))
    sign_in_staff(desktop, "manager")
    pay_thirty_of_it_out(desktop, check_accessibility)
    sign_in_staff(page, "amelia")
    page.goto(f"/clinician/earnings?start_date={day}&end_date={day}")
    read_about_it(page, check_accessibility)


def pay_thirty_of_it_out(page: Page, check: Check) -> None:
    page.get_by_role("link", name="Earnings", exact=True).click()
    check(page)
    page.get_by_role("link", name="To be paid out", exact=True).click()
    check(page)
    page.get_by_role("link", name="Pay out").click()
    page.get_by_label("Amount (GBP)").fill("1000")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("link", name="Up to £45.00 can be paid out.")).to_be_visible()
    check(page)
    page.get_by_label("Amount (GBP)").fill("30")
    page.get_by_label("Reference").fill("BACS 17")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Write down a payout of £30.00?")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Yes, £30.00 was paid").click()
    expect(page.get_by_text("Written down: £30.00.")).to_be_visible()
    check(page)


def read_about_it(page: Page, check: Check) -> None:
    expect(page.get_by_text("£45.00").first).to_be_visible()
    check(page)
    page.get_by_text("The same as a table").click()
    check(page)
    page.get_by_role("link", name="Payouts").click()
    expect(page.get_by_text("£15.00")).to_be_visible()
    check(page)
    page.get_by_role("link", name="S-").click()
    expect(page.get_by_text("BACS 17")).to_be_visible()
    expect(page.get_by_text("Still owed")).to_be_visible()
    check(page)


def test_an_administrator_gives_amelia_a_plan(
    page: Page, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    sign_in_staff(page, "admin")
    page.goto("/admin/clinicians?search=amelia")
    page.get_by_role("link", name="Amelia Wong").first.click()
    page.get_by_role("link", name="Change the plan").click()
    page.get_by_label("Pro").check(force=True)
    check_accessibility(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Plan: Pro.")).to_be_visible()
    check_accessibility(page)
