"""Where the keyboard stands after a page has changed, and that foreign styles do not break our policy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.core.permissions import Permission
from portal.people.models import Clinician
from tests.browser.conftest import OMAR, Practice

pytestmark = pytest.mark.browser

SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]


def test_a_number_that_is_known_is_read_first(desktop: Page, sign_in_staff: SignIn) -> None:
    sign_in_staff(desktop, "deskleeds")
    desktop.goto("/desk/bookings/new")
    desktop.locator("summary", has_text="new patient").first.click()
    desktop.get_by_label("Full name").fill("Somebody Else")
    desktop.get_by_label("Phone number", exact=False).last.fill(OMAR)
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#duplicates")).to_be_focused()


def test_at_the_last_month_the_keyboard_goes_on_at_its_name(page: Page) -> None:
    page.goto("/clinicians/amelia-wong-1")
    page.get_by_role("link", name="Consultation").first.click()
    following = page.get_by_role("link", name="Next month")
    title = page.locator("#month-title")
    for _month in range(12):
        if not following.count():
            break
        before = title.inner_text()
        following.press("Enter")
        expect(title).not_to_have_text(before)
    expect(following).to_have_count(0)
    expect(title).to_be_focused()


def test_what_an_extension_wrote_into_a_field_is_left_alone(
    desktop: Page, practice: Practice, sign_in_staff: SignIn
) -> None:
    with practice.session() as session:
        amelia = session.scalars(select(Clinician.id).order_by(Clinician.id)).first()
    sign_in_staff(desktop, "amelia")
    desktop.goto(f"/schedules/{amelia}/hours")
    desktop.evaluate("for (const field of document.querySelectorAll('input')) field.style.color = 'red'")
    desktop.get_by_label("To").first.fill("08:00")
    desktop.get_by_role("button", name="Save hours").last.click()
    expect(desktop.locator("#error-summary")).to_be_focused()  # and open_page has seen no refused style


def test_the_table_of_permissions_is_short_on_a_phone(
    page: Page, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    sign_in_staff(page, "admin")
    page.goto("/admin/permissions")
    check_accessibility(page)
    assert page.evaluate("document.documentElement.scrollHeight") < 120 * len(Permission)
