"""Those who answer for the practice, in a real browser: menus with headings, the audit, and lists as files."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from tests.browser.conftest import Practice

pytestmark = pytest.mark.browser

Check = Callable[[Page], None]
SignIn = Callable[[Page, str], None]
OpenPage = Callable[..., Page]


def taken(page: Page, press: Callable[[], None]) -> str:
    with page.expect_download() as started:
        press()
    download: Download = started.value
    return Path(download.path()).read_text(encoding="utf-8-sig")


def test_an_administrator_looks_a_patient_up_takes_the_list_along_and_finds_both_in_the_audit(
    page: Page, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    sign_in_staff(page, "admin")
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_text("Menu", exact=True).click()
    people = page.get_by_role("list", name="People")
    check_accessibility(page)
    people.get_by_role("link", name="Patients").click()
    page.get_by_role("link", name="Omar Haddad", exact=True).click()
    page.go_back()
    page.get_by_label("Name, phone number or email").fill("omar")
    expect(page.get_by_role("status").get_by_text("1 patient found")).to_be_visible()
    for _ in range(2):  # a file does not use the button up
        text = taken(page, page.get_by_role("button", name="Download as CSV").click)
        assert "Omar Haddad" in text
        assert "Ana Silva" not in text
    page.get_by_text("Menu", exact=True).click()
    page.get_by_role("list", name="Practice").get_by_role("link", name="Audit").click()
    check_accessibility(page)
    row = page.get_by_role("row").filter(has_text="Downloaded a list").first
    expect(row).to_contain_text("List: patients. Narrowed by: search")
    page.get_by_label("What", exact=True).select_option("Read the record")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Omar Haddad").first.click()
    expect(page.get_by_text("Only what was done with the record of Omar Haddad.")).to_be_visible()
    check_accessibility(page)


def test_without_javascript_a_manager_narrows_appointments_by_keyboard_and_takes_them_along(
    open_page: OpenPage, practice: Practice, sign_in_staff: SignIn
) -> None:
    page = open_page("desktop", javascript=False)
    sign_in_staff(page, "manager")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Appointments").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Appointments")).to_be_visible()
    page.get_by_label("Clinician").select_option("Dr Amelia Wong")
    page.get_by_label("State").select_option("Confirmed")
    page.get_by_role("button", name="Show").press("Enter")
    page.wait_for_url("**clinician_id=*")
    text = taken(page, lambda: page.get_by_role("link", name="Download as CSV").press("Enter"))
    assert [name in text for name in ("Ana Silva", "Omar Haddad", "Dr Ben Ortiz")] == [True, True, False]
