"""The desk repeats Ana's visit: a date that is taken is settled, all are booked together, and the rest is cancelled."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.appointments.models import Appointment
from portal.core import clock
from portal.people.models import Patient
from tests.browser.conftest import Practice

pytestmark = pytest.mark.browser

SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]


def open_the_repeat(page: Page, practice: Practice, sign_in_staff: SignIn) -> None:
    """From Ana's visit of tomorrow, beginning with the very time that she has already."""
    with practice.session() as session:
        theirs = select(Appointment).join(Patient).where(Patient.full_name == "Ana Silva")
        visit = session.scalars(theirs.order_by(Appointment.starts_at)).first()
        assert visit is not None
    sign_in_staff(page, "deskleeds")
    page.goto(f"/appointments/{visit.id}")
    page.get_by_role("link", name="Repeat this visit").click()
    expect(page.get_by_role("heading", name="The dates")).to_be_visible()
    page.get_by_label("First visit on").fill(clock.local_day(visit.starts_at, visit.zone).isoformat())
    page.get_by_label("Number of visits").fill("3")
    page.get_by_role("button", name="Show the dates").click()
    expect(page.get_by_text("cannot be as planned.")).to_be_visible()


def test_a_date_that_is_taken_is_settled_and_all_are_booked(
    page: Page, desktop: Page, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for each in (page, desktop):
        open_the_repeat(each, practice, sign_in_staff)
        check_accessibility(each)
        each.get_by_role("button", name="Book these visits").click()
        expect(each.locator("#error-summary")).to_be_focused()
        check_accessibility(each)
    desktop.locator("#error-summary").get_by_role("link").click()
    expect(desktop.locator("#visit-1")).to_be_focused()
    desktop.locator("#visit-1").select_option(label="11:00")
    desktop.get_by_role("button", name="Book these visits").click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("3 visits of Ana Silva")
    expect(desktop.get_by_text("3 appointments are booked.")).to_be_visible()
    check_accessibility(desktop)
    desktop.get_by_role("main").get_by_role("link", name="11:00").click()
    expect(desktop.get_by_role("link", name="Visit 1 of 3 in a series")).to_be_visible()


def test_the_rest_is_cancelled_without_javascript(
    no_javascript: Page, practice: Practice, sign_in_staff: SignIn
) -> None:
    page = no_javascript
    open_the_repeat(page, practice, sign_in_staff)
    page.get_by_label("Time", exact=True).fill("14:00")
    page.get_by_role("button", name="Show the dates").click()
    expect(page.get_by_text("All of them can be booked.")).to_be_visible()
    page.get_by_role("button", name="Book these visits").click()
    page.get_by_role("link", name="Cancel the rest").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel 3 appointments")
    page.get_by_label("Reason").fill("Moved away")
    page.get_by_role("button", name="Cancel 3 appointments").click()
    expect(page.get_by_text("3 appointments are cancelled, and the patient is told.")).to_be_visible()
