"""The practice grows: a clinician who can be booked the same day, and a centre with its first holiday."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from portal.core import clock
from tests.browser.conftest import ANA, PASSWORD, OpenPage

pytestmark = pytest.mark.browser

SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_a_new_clinician_gets_hours_is_found_and_is_booked(
    desktop: Page,
    open_page: OpenPage,
    sign_in_staff: SignIn,
    sign_in_patient: SignIn,
    check_accessibility: Check,
) -> None:
    sign_in_staff(desktop, "admin")
    heading(desktop, "Overview")
    check_accessibility(desktop)
    desktop.get_by_role("link", name="Add a clinician").click()
    describe_nell(desktop, check_accessibility)
    give_hours(desktop, check_accessibility)
    phone = open_page("phone")
    sign_in_patient(phone, ANA)
    book_with_nell(phone)
    strike_off(desktop, check_accessibility)


def describe_nell(page: Page, check_accessibility: Check) -> None:
    """First with a mistake, then right; from the form to the checklist."""
    page.get_by_label("Full name").fill("Dr Nell Newcome")
    page.get_by_label("Username").fill("nell")
    page.get_by_label("Initial password").fill(PASSWORD)
    page.get_by_label("Fields of work").fill("Sleep, Nutrition")
    page.get_by_label("Consultation fee").fill("45.50")
    page.get_by_role("button", name="Add clinician").click()
    expect(page.locator("#error-summary")).to_be_focused()
    check_accessibility(page)
    page.get_by_role("link", name="Choose a centre").click()
    page.get_by_label("Riverside, Leeds").check()
    page.get_by_label("Initial password").fill(PASSWORD)
    page.get_by_role("button", name="Add clinician").click()
    heading(page, "Dr Nell Newcome")
    expect(page.get_by_role("heading", name="Before patients can book")).to_be_visible()
    check_accessibility(page)


def give_hours(page: Page, check_accessibility: Check) -> None:
    """Every day from 9 to 17, so that there is a time whatever day it is today."""
    page.get_by_role("link", name="Give hours").click()
    heading(page, "Working hours")
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        hours = page.get_by_role("group", name=re.compile(f"^{day}"))
        page.get_by_role("button", name=f"Add hours on {day}").click()
        fill_hours(hours)
    page.get_by_role("button", name="Save hours").last.click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto("/admin/clinicians")
    row = page.get_by_role("row").filter(has_text="Dr Nell Newcome")
    expect(row.get_by_text("Listed")).to_be_visible()
    check_accessibility(page)


def fill_hours(hours: Locator) -> None:
    hours.get_by_label("From").fill("09:00")
    hours.get_by_label("To", exact=True).fill("17:00")


def book_with_nell(page: Page) -> None:
    page.goto("/clinicians?q=nell")
    page.get_by_role("link", name="Dr Nell Newcome").first.click()
    heading(page, "Dr Nell Newcome")
    page.get_by_role("link", name="Next month").click()
    page.wait_for_url("**month=*")
    page.locator("a.day").last.click()
    page.locator("button.slot").first.click()
    page.get_by_role("button", name="Confirm the booking").click()
    heading(page, "Your appointment is booked")


def strike_off(page: Page, check_accessibility: Check) -> None:
    """Deleting her is refused until somebody says yes to cancelling Ana's visit."""
    page.goto("/admin/clinicians?search=nell")
    page.get_by_role("link", name="Dr Nell Newcome").click()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_text("1 appointment is booked, so nothing is deleted yet.")).to_be_visible()
    check_accessibility(page)
    page.get_by_label("Reason").fill("Moved away")
    page.get_by_label("Cancel these appointments and tell the patients").check()
    page.get_by_role("button", name="Cancel them all and delete").click()
    expect(page.get_by_text("Dr Nell Newcome is deleted. Cancelled: 1.")).to_be_visible()


def test_an_admin_opens_a_centre_with_a_holiday_by_keyboard_and_without_javascript(
    no_javascript: Page, sign_in_staff: SignIn
) -> None:
    page = no_javascript
    sign_in_staff(page, "manager")
    page.goto("/admin/centres/new")
    page.get_by_label("Name").fill("Hillside")
    page.get_by_label("City").fill("Bath")
    page.get_by_label("Time zone").fill("europe/dublin")
    page.keyboard.press("Tab")
    page.keyboard.type("EUR")
    page.keyboard.press("Enter")
    heading(page, "Hillside")
    expect(page.get_by_text("Dublin time")).to_be_visible()
    page.get_by_role("link", name="All holidays").click()
    on = clock.now().date() + timedelta(days=40)
    page.get_by_label("Date").fill(on.isoformat())
    page.get_by_label("Name").fill("Founders’ Day")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nobody can book on that day.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Founders’ Day")).to_be_visible()


def test_a_holiday_on_a_booked_day_is_not_set_unseen(
    page: Page, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    sign_in_staff(page, "admin")
    page.goto("/admin/centres")
    page.get_by_role("link", name="Riverside").click()
    page.get_by_role("link", name="All holidays").click()
    tomorrow = clock.local_day(clock.now(), clock.zone("Europe/London")) + timedelta(days=1)
    page.get_by_label("Date").fill(tomorrow.isoformat())
    page.get_by_label("Name").fill("Fair")
    page.get_by_role("button", name="Add holiday").click()
    expect(page.locator("#left")).to_be_focused()
    expect(page.get_by_role("link", name="Omar Haddad")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Add all the same; they stay booked").click()
    expect(page.get_by_text("2 appointments stay.")).to_be_visible()
