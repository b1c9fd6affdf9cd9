"""Money that comes back, in a real browser: a patient cancels in time, a manager gives part of it back."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.accounts.models import Account
from portal.appointments.commands import book
from portal.appointments.models import Channel
from portal.appointments.slots import SlotKey
from portal.core import clock
from portal.core.permissions import SYSTEM
from portal.payments.models import Method, Payment
from portal.payments.returning import give_back
from portal.payments.taking import take
from portal.people.acting import actor_for
from portal.people.models import Clinician, Patient
from portal.scheduling.queries import services_of
from tests.browser.conftest import ANA, Practice

pytestmark = pytest.mark.browser

LEEDS = clock.zone("Europe/London")
Check = Callable[[Page], None]
SignIn = Callable[[Page, str], None]


def paid_for(practice: Practice, hour: int) -> Payment:
    """The desk took £45.00 for Ana's visit to Dr Amelia Wong in ten days, at that hour."""
    at = clock.now()
    starts_at = clock.at(clock.local_day(at, LEEDS) + timedelta(days=10), time(hour), LEEDS)
    with practice.session() as session:
        amelia = session.scalars(
            select(Clinician).join(Clinician.account).where(Account.username == "amelia")
        ).one()
        ana = session.scalars(select(Patient).where(Patient.phone == ANA)).one()
        desk = session.scalars(select(Account).where(Account.username == "deskleeds")).one()
        service = next(one for one in services_of(session, amelia.id) if one.title == "Consultation")
        key = SlotKey(amelia.id, amelia.primary_centre_id, service.id, starts_at)
        visit = book(session, key, patient=ana, by=SYSTEM, at=at, channel=Channel.DESK)
        payment = take(session, visit, method=Method.CASH, by=actor_for(session, desk), at=at)
        session.commit()
        return payment


def test_ana_cancels_in_time_and_sees_her_refund(
    page: Page, practice: Practice, sign_in_patient: SignIn, check_accessibility: Check
) -> None:
    paid = paid_for(practice, 11)
    sign_in_patient(page, ANA)
    page.goto(f"/patient/appointments/{paid.appointment_id}")
    page.get_by_role("link", name="Cancel appointment").click()
    expect(page.get_by_text("You get £45.00 back")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_text("£45.00 goes back to you")).to_be_visible()
    page.get_by_role("link", name="See the payment").click()
    expect(page.get_by_role("heading", name="What comes back")).to_be_visible()
    check_accessibility(page)
    page.goto("/patient/payments")
    expect(page.get_by_text("Refund on its way").first).to_be_visible()
    check_accessibility(page)


def test_the_desk_hands_over_what_waits_there(
    desktop: Page, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    paid = paid_for(practice, 14)
    with practice.session() as session:
        manager = session.scalars(select(Account).where(Account.username == "manager")).one()
        by = actor_for(session, manager)
        give_back(session, paid.id, reason="Closed early", by=by, at=clock.now())
        session.commit()
    sign_in_staff(desktop, "deskleeds")
    desktop.goto("/staff/payments/attention")
    check_accessibility(desktop)
    desktop.locator(f"#payment-{paid.id}").get_by_role("button", name="Handed over").click()
    expect(desktop.get_by_text("the money is back with the patient")).to_be_visible()
    expect(desktop.get_by_text("Refunded", exact=True)).to_be_visible()


def test_a_manager_gives_part_of_it_back_by_keyboard(
    desktop: Page, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    paid = paid_for(practice, 12)
    sign_in_staff(desktop, "manager")
    desktop.get_by_role("link", name="Payments", exact=True).click()
    check_accessibility(desktop)
    desktop.get_by_role("link", name=f"No. {paid.id}", exact=True).click()
    check_accessibility(desktop)
    desktop.get_by_role("link", name="Give money back").click()
    amount = desktop.get_by_label("How much goes back")
    amount.fill("50")
    desktop.get_by_label("Reason").fill("The visit was short")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("alert")).to_contain_text("Up to £45.00 can go back.")
    check_accessibility(desktop)
    amount.fill("12.50")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("heading", name="Give £12.50 back?")).to_be_visible()
    check_accessibility(desktop)
    desktop.get_by_role("button", name="Give £12.50 back").press("Enter")
    expect(desktop.get_by_text("£12.50 is to be handed over.")).to_be_visible()
    expect(desktop.get_by_text("£32.50 of £45.00 is left.")).to_be_visible()


def test_a_manager_without_javascript_gives_all_of_it_back(
    no_javascript: Page, practice: Practice, sign_in_staff: SignIn
) -> None:
    paid = paid_for(practice, 13)
    sign_in_staff(no_javascript, "manager")
    no_javascript.goto(f"/staff/payments/{paid.id}/refund")
    no_javascript.get_by_label("Reason").fill("Booked by mistake")
    no_javascript.get_by_role("button", name="Continue").click()
    no_javascript.get_by_role("button", name="Give £45.00 back").click()
    expect(no_javascript.get_by_text("£0.00 of £45.00 is left.")).to_be_visible()
