"""Amelia sees what leave and shorter hours would do before she saves them, and who has to be rearranged after it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.accounts.models import Account
from portal.core import clock
from portal.people.models import Clinician
from tests.browser.conftest import Practice

pytestmark = pytest.mark.browser

SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]
ASK = "Check what changes"


def test_what_leave_strands_is_seen_before_it_is_saved_with_javascript_and_without(
    no_javascript: Page, desktop: Page, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    with practice.session() as session:
        account = session.scalars(select(Account).where(Account.username == "amelia")).one()
        amelia = session.scalars(select(Clinician).where(Clinician.account_id == account.id)).one()
        tomorrow = (clock.local_day(clock.now(), amelia.zone) + timedelta(days=1)).isoformat()
    for page in (no_javascript, desktop):
        sign_in_staff(page, "amelia")
        page.goto(f"/schedules/{amelia.id}/hours")
        page.get_by_role("button", name=ASK).click()
        expect(page.get_by_text("No booked appointment is affected.")).to_be_visible()
        page.goto(f"/schedules/{amelia.id}/leave")
        page.get_by_label("First day").fill(tomorrow)
        page.get_by_role("button", name=ASK).click()
        expect(page.locator("#check").get_by_role("link", name="Ana Silva")).to_be_visible()
        expect(page.get_by_text("No leave is planned.")).to_be_visible()
    check_accessibility(desktop)
    save_and_rearrange(desktop, check_accessibility)
    desktop.goto(f"/staff/availability/explanation?clinician_id={amelia.id}&on={tomorrow}&at=09:00")
    expect(desktop.get_by_text("The clinician is on leave")).to_be_visible()
    check_accessibility(desktop)


def save_and_rearrange(page: Page, check_accessibility: Check) -> None:
    """Save the leave all the same; then choose Ana's visit from those that nobody is there for."""
    page.get_by_role("button", name="Add leave").click()
    page.get_by_role("button", name="Save all the same; they stay booked").click()
    page.goto("/staff/affected")
    expect(page.get_by_text("The clinician is away").first).to_be_visible()
    check_accessibility(page)
    page.get_by_label("Ana Silva").first.check()
    page.get_by_role("button", name="Cancel those chosen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel 1 appointment")
    check_accessibility(page)
